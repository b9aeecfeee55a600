import { Anchor, Card, Group, Loader, Stack, Table, Tabs, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { TopicDetail } from '../../../src/api-types'
import { getJson, topicPath } from '../api'
import { count, rate, time } from '../format'
import { useLive } from '../live'
import { ErrorNote, Problems } from '../parts/notes'
import { Sparkline } from '../parts/sparkline'
import { KindBadge } from '../parts/topic-table'
import { Messages } from './messages'
import { ProduceForm } from './produce-form'

/** One topic: its messages, a form to send one, its queues and where they lie. */
export function TopicPage({ params }: { params: { name: string } }) {
  const { name } = params
  const detail = useQuery({
    queryKey: ['topic', name],
    queryFn: () => getJson<TopicDetail>(topicPath(name)),
    refetchInterval: 5000,
  })
  return (
    <Stack>
      <Head name={name} detail={detail.data} />
      {detail.isPending && <Loader aria-label="Loading" />}
      {detail.error && <ErrorNote error={detail.error} />}
      {detail.data && <TopicTabs key={name} detail={detail.data} />}
    </Stack>
  )
}

function Head({ name, detail }: { name: string; detail: TopicDetail | undefined }) {
  const { topics, history } = useLive()
  const live = topics.get(name)
  return (
    <Group justify="space-between">
      <Stack gap={0}>
        <Anchor component={Link} href="/topics" size="sm">
          Topics
        </Anchor>
        <Group gap="xs">
          <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          {detail && <KindBadge kind={detail.kind} />}
        </Group>
      </Stack>
      <Group>
        <Text size="sm">
          in {rate(live?.inRate)}, out {rate(live?.outRate)}, {count(live?.stored)} stored
        </Text>
        <Sparkline history={history(name)} width={220} height={44} />
      </Group>
    </Group>
  )
}

function TopicTabs({ detail }: { detail: TopicDetail }) {
  return (
    <Tabs defaultValue="messages">
      <Tabs.List>
        <Tabs.Tab value="messages">Messages</Tabs.Tab>
        <Tabs.Tab value="produce">Send a message</Tabs.Tab>
        <Tabs.Tab value="queues">Queues and route</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="messages" pt="md">
        <Messages detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="produce" pt="md">
        <ProduceForm detail={detail} />
      </Tabs.Panel>
      <Tabs.Panel value="queues" pt="md">
        <Stack>
          <Problems problems={detail.problems} />
          <Route detail={detail} />
          <Queues detail={detail} />
        </Stack>
      </Tabs.Panel>
    </Tabs>
  )
}

function Route({ detail: { route } }: { detail: TopicDetail }) {
  const addresses = (name: string) =>
    route.brokers
      .filter(({ brokerName }) => brokerName === name)
      .map(({ brokerId, address }) => `${address} (${brokerId === 0 ? 'master' : `slave ${brokerId}`})`)
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="xs">
        Route
      </Title>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Broker</Table.Th>
            <Table.Th>Addresses</Table.Th>
            <Table.Th ta="right">Read queues</Table.Th>
            <Table.Th ta="right">Write queues</Table.Th>
            <Table.Th>Permission</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {route.queues.map(({ brokerName, readQueues, writeQueues, perm }) => (
            <Table.Tr key={brokerName}>
              <Table.Td>{brokerName}</Table.Td>
              <Table.Td>{addresses(brokerName).join(', ')}</Table.Td>
              <Table.Td ta="right">{readQueues}</Table.Td>
              <Table.Td ta="right">{writeQueues}</Table.Td>
              <Table.Td>{permission(perm)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  )
}

function permission(perm: number): string {
  const words = [perm & 4 && 'read', perm & 2 && 'write'].filter(Boolean)
  return `${words.join(' and ') || 'none'} (${perm})`
}

function Queues({ detail }: { detail: TopicDetail }) {
  return (
    <Card withBorder>
      <Title order={2} size="h5" mb="xs">
        Queues
      </Title>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Broker</Table.Th>
            <Table.Th ta="right">Queue</Table.Th>
            <Table.Th ta="right">Min offset</Table.Th>
            <Table.Th ta="right">Max offset</Table.Th>
            <Table.Th ta="right">Stored</Table.Th>
            <Table.Th>Last message</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {detail.queues.map(({ brokerName, queueId, minOffset, maxOffset, lastStoreTimestamp }) => (
            <Table.Tr key={`${brokerName} ${queueId}`}>
              <Table.Td>{brokerName}</Table.Td>
              <Table.Td ta="right">{queueId}</Table.Td>
              <Table.Td ta="right">{count(minOffset)}</Table.Td>
              <Table.Td ta="right">{count(maxOffset)}</Table.Td>
              <Table.Td ta="right">{count(maxOffset - minOffset)}</Table.Td>
              <Table.Td>{time(lastStoreTimestamp)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  )
}
