import { ActionIcon, Anchor, AppShell, Badge, Group, Stack, Text, Tooltip, useMantineColorScheme } from '@mantine/core'
import { IconMoonStars } from '@tabler/icons-react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { useLive } from './live'
import { pages } from './pages'
import { Empty, ErrorNote } from './parts/notes'

export function App() {
  const { problem } = useLive()
  return (
    <AppShell header={{ height: 56 }} padding="md">
      <AppShell.Header>
        <Header />
      </AppShell.Header>
      <AppShell.Main>
        <Stack maw={1440} mx="auto">
          {problem && <ErrorNote error={problem} />}
          <Switch>
            {pages.map(({ path, component }) => (
              <Route key={path} path={path} component={component} />
            ))}
            <Route>
              <Empty title="There is no such page." />
            </Route>
          </Switch>
        </Stack>
      </AppShell.Main>
    </AppShell>
  )
}

function Header() {
  const { view } = useLive()
  const { toggleColorScheme } = useMantineColorScheme()
  return (
    <Group h="100%" px="md" justify="space-between" wrap="nowrap">
      <Group gap="lg" wrap="nowrap" component="nav" aria-label="Pages">
        <Text size="xl" fw={800} c="teal">
          MQ
        </Text>
        {pages.map(({ path, title }) => title && <PageLink key={path} path={path} title={title} />)}
      </Group>
      <Group gap="sm" wrap="nowrap">
        <Tooltip label={`Console ${view?.cluster.console.version ?? ''}; name servers`}>
          <Text size="sm" c="dimmed" visibleFrom="sm">
            {view?.cluster.namesrv.join(', ')}
          </Text>
        </Tooltip>
        <LiveBadge />
        <Tooltip label="Light or dark">
          <ActionIcon variant="subtle" color="gray" onClick={toggleColorScheme} aria-label="Light or dark">
            <IconMoonStars size={18} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  )
}

function PageLink({ path, title }: { path: string; title: string }) {
  const [location] = useLocation()
  const isHere = location === path || (path !== '/' && location.startsWith(`${path}/`))
  return (
    <Anchor
      component={Link}
      href={path}
      c={isHere ? undefined : 'dimmed'}
      fw={600}
      aria-current={isHere ? 'page' : undefined}
    >
      {title}
    </Anchor>
  )
}

function LiveBadge() {
  const { connected, problem, view } = useLive()
  const [color, text] = problem ? ['red', 'no figures'] : connected && view ? ['teal', 'live'] : ['gray', 'connecting']
  return (
    <Badge color={color} variant="light" tt="none" role="status" style={{ flexShrink: 0 }}>
      {text}
    </Badge>
  )
}
