import { Anchor, Badge, Card, Group, Loader, Stack, Table, Tabs, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { TopicDetail } from '../../../src/api-types'
import { getJson, topicPath } from '../api'
import { count, rate, time } from '../format'
import { useLive } from '../live'
import { ErrorNote } from '../parts/notes'
import { Sparkline } from '../parts/sparkline'
import { Messages } from './messages'
import { ProduceForm } from './produce-form'

/** One topic: its messages, a form to send one, its queues and where they lie. */
export function TopicPage({ params }: { params: { name: string } }) {
  const name = decodeURIComponent(params.name)
  const { topics, history } = useLive()
  const detail = useQuery({
    queryKey: ['topic', name],
    queryFn: () => getJson<TopicDetail>(topicPath(name)),
    refetchInterval: 5000,
  })
  const live = topics.get(name)
  return (
    <Stack>
      <Group justify="space-between">
        <Stack gap={0}>
          <Anchor component={Link} href="/topics" size="sm">
            Topics
          </Anchor>
          <Group gap="xs">
            <Title order={3}>{name}</Title>
            {detail.data && detail.data.kind !== 'normal' && <Badge variant="light">{detail.data.kind}</Badge>}
          </Group>
        </Stack>
        <Group>
          <Text size="sm">
            in {rate(live?.inRate)}, out {rate(live?.outRate)}
          </Text>
          <Sparkline history={history(name)} width={220} height={48} />
        </Group>
      </Group>
      {detail.isPending && <Loader aria-label="Loading" />}
      {detail.error && <ErrorNote error={detail.error} />}
      {detail.data && (
        <Tabs defaultValue="messages" keepMounted={false}>
          <Tabs.List>
            <Tabs.Tab value="messages">Messages</Tabs.Tab>
            <Tabs.Tab value="produce">Send a message</Tabs.Tab>
            <Tabs.Tab value="queues">Queues</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="messages" pt="md">
            <Messages detail={detail.data} />
          </Tabs.Panel>
          <Tabs.Panel value="produce" pt="md">
            <ProduceForm topic={name} />
          </Tabs.Panel>
          <Tabs.Panel value="queues" pt="md">
            <Queues detail={detail.data} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Stack>
  )
}

function Queues({ detail }: { detail: TopicDetail }) {
  return (
    <Card withBorder>
      <Table>
        <Table.Thead>
          <Table.Tr>
            {['Broker', 'Queue', 'Min offset', 'Max offset', 'Last message'].map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {detail.queues.map(({ brokerName, queueId, minOffset, maxOffset, lastStoreTimestamp }) => (
            <Table.Tr key={`${brokerName} ${queueId}`}>
              <Table.Td>{brokerName}</Table.Td>
              <Table.Td>{queueId}</Table.Td>
              <Table.Td>{count(minOffset)}</Table.Td>
              <Table.Td>{count(maxOffset)}</Table.Td>
              <Table.Td>{time(lastStoreTimestamp)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  )
}
