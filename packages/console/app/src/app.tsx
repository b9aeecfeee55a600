import { ActionIcon, Anchor, AppShell, Badge, Group, Text, Title, useMantineColorScheme } from '@mantine/core'
import { IconMoonStars } from '@tabler/icons-react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { useLive } from './live'
import { pages } from './pages'
import { Empty } from './parts/notes'

export function App() {
  return (
    <AppShell header={{ height: 56 }} padding="md">
      <AppShell.Header>
        <Header />
      </AppShell.Header>
      <AppShell.Main>
        <Switch>
          {pages.map(({ path, component }) => (
            <Route key={path} path={path} component={component} />
          ))}
          <Route>
            <Empty title="There is no such page." />
          </Route>
        </Switch>
      </AppShell.Main>
    </AppShell>
  )
}

function Header() {
  const [location] = useLocation()
  const { connected, view } = useLive()
  const { toggleColorScheme } = useMantineColorScheme()
  return (
    <Group h="100%" px="md" justify="space-between" wrap="nowrap">
      <Group gap="lg" wrap="nowrap">
        <Title order={3} c="teal">
          MQ
        </Title>
        {pages.map(({ path, title }) =>
          title === undefined ? null : (
            <Anchor key={path} component={Link} href={path} c={location === path ? 'teal' : 'dimmed'} fw={600}>
              {title}
            </Anchor>
          ),
        )}
      </Group>
      <Group gap="sm" wrap="nowrap">
        <Text size="sm" c="dimmed" visibleFrom="sm">
          {view?.cluster.namesrv.join(', ')}
        </Text>
        <Badge color={connected ? 'teal' : 'gray'} variant="light">
          {connected ? 'live' : 'connecting'}
        </Badge>
        <ActionIcon variant="subtle" onClick={toggleColorScheme} aria-label="Light or dark">
          <IconMoonStars size={18} />
        </ActionIcon>
      </Group>
    </Group>
  )
}
