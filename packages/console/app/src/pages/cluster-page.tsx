import { Anchor, Badge, Card, Group, Loader, Progress, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import { Link } from 'wouter'
import type { BrokerView, ClusterTotals, TopicView } from '../../../src/api-types'
import { bytes, count, percent, rate, time } from '../format'
import { useLive } from '../live'
import { Empty, Problems } from '../parts/notes'
import { RateChart } from '../parts/rate-chart'
import { TopicTable } from '../parts/topic-table'

/** All brokers and the busiest topics with what they take in and give out, as it happens. */
export function ClusterPage() {
  const { view, problem, topics, history } = useLive()
  if (view === undefined) return problem ? null : <Loader aria-label="Loading" />
  const { brokers, totals, problems, namesrv } = view.cluster
  if (brokers.length === 0)
    return (
      <Empty
        title="No broker is registered yet. Start one with:"
        command={`npx mqbroker -n ${namesrv.join(';') || 'localhost:9876'}`}
      />
    )
  return (
    <Stack gap="lg">
      <Problems problems={problems} />
      <Totals totals={totals} />
      <Card withBorder>
        <Title order={2} size="h5" mb="xs">
          Messages a second
        </Title>
        <RateChart history={history('')} />
      </Card>
      <Card withBorder>
        <Title order={2} size="h5" mb="xs">
          Brokers
        </Title>
        <Brokers brokers={brokers} />
      </Card>
      <BusiestTopics topics={[...topics.values()]} />
    </Stack>
  )
}

function Totals({ totals }: { totals: ClusterTotals }) {
  const figures = [
    ['Brokers', count(totals.brokers)],
    ['Topics', count(totals.topics)],
    ['In', rate(totals.inRate)],
    ['Out', rate(totals.outRate)],
    ['In today', count(totals.inToday)],
    ['Commit logs', bytes(totals.diskBytes)],
  ]
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
      {figures.map(([label, value]) => (
        <Card key={label} withBorder padding="sm">
          <Text size="sm" c="dimmed">
            {label}
          </Text>
          <Text size="xl" fw={700}>
            {value}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  )
}

function Brokers({ brokers }: { brokers: BrokerView[] }) {
  return (
    <Table.ScrollContainer minWidth={960}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Broker</Table.Th>
            <Table.Th>Address, version</Table.Th>
            <Table.Th ta="right">In</Table.Th>
            <Table.Th ta="right">Out</Table.Th>
            <Table.Th ta="right">In today</Table.Th>
            <Table.Th>Commit log, disk</Table.Th>
            <Table.Th>Started</Table.Th>
            <Table.Th>Acknowledged messages are</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {brokers.map((broker) => (
            <BrokerRow key={broker.address} broker={broker} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function BrokerRow({ broker }: { broker: BrokerView }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={600}>
          {broker.brokerName}
        </Text>
        <Badge size="sm" variant="light" color={broker.role === 'master' ? 'teal' : 'blue'} tt="none">
          {broker.role === 'master' ? 'master' : `slave ${broker.brokerId}`}
        </Badge>
      </Table.Td>
      <Table.Td>
        {broker.address}
        <Text size="xs" c={broker.version === null ? 'red' : 'dimmed'}>
          {broker.version ?? 'does not answer'}
        </Text>
      </Table.Td>
      <Table.Td ta="right">{rate(broker.inRate)}</Table.Td>
      <Table.Td ta="right">{rate(broker.outRate)}</Table.Td>
      <Table.Td ta="right">{count(broker.inToday)}</Table.Td>
      <Table.Td>
        <Disk broker={broker} />
      </Table.Td>
      <Table.Td>{time(broker.startedMs)}</Table.Td>
      <Table.Td maw={280}>{broker.acknowledgement?.meaning ?? '–'}</Table.Td>
    </Table.Tr>
  )
}

function Disk({ broker: { diskBytes, diskRatio } }: { broker: BrokerView }) {
  if (diskRatio === null) return bytes(diskBytes)
  return (
    <>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <span>{bytes(diskBytes)}</span>
        <Text size="xs" c="dimmed">
          {percent(diskRatio)}
        </Text>
      </Group>
      <Progress
        value={diskRatio * 100}
        color={diskRatio > 0.85 ? 'red' : 'teal'}
        size="sm"
        mt={4}
        aria-label={`Disk ${percent(diskRatio)} full`}
      />
    </>
  )
}

const busiestMax = 8

function BusiestTopics({ topics }: { topics: TopicView[] }) {
  const busiest = topics
    .filter(({ kind }) => kind !== 'system')
    .sort((a, b) => activity(b) - activity(a) || (b.stored ?? 0) - (a.stored ?? 0) || (a.name < b.name ? -1 : 1))
    .slice(0, busiestMax)
  return (
    <Card withBorder>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          Busiest topics
        </Title>
        <Anchor component={Link} href="/topics" size="sm">
          All topics
        </Anchor>
      </Group>
      {busiest.length === 0 ? (
        <Empty title="No topic yet. Send a first message:" command='npx mq produce TopicTest "hello"' />
      ) : (
        <TopicTable topics={busiest} />
      )}
    </Card>
  )
}

const activity = ({ inRate, outRate }: TopicView): number => (inRate ?? 0) + (outRate ?? 0)
