import { Badge, Card, Group, Loader, Progress, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core'
import type { BrokerView, ClusterTotals } from '../../../src/api-types'
import { bytes, count, percent, rate, time } from '../format'
import { useLive } from '../live'
import { Empty, Problems } from '../parts/notes'
import { Sparkline } from '../parts/sparkline'

/** All brokers with what they take in and give out, as it happens. */
export function ClusterPage() {
  const { view, history } = useLive()
  if (view === undefined) return <Loader aria-label="Loading" />
  const { brokers, totals, problems } = view.cluster
  return (
    <Stack>
      <Problems problems={problems} />
      <Totals totals={totals} />
      <Card withBorder>
        <Text fw={600} mb="xs">
          Messages a second
        </Text>
        <Sparkline history={history('')} width={860} height={180} axes />
      </Card>
      <Title order={4}>Brokers</Title>
      {brokers.length === 0 ? (
        <Empty title="No broker is registered yet. Start one:" command={`npx mqbroker -n ${view.cluster.namesrv[0]}`} />
      ) : (
        <Brokers brokers={brokers} />
      )}
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
    ['Commit log', bytes(totals.diskBytes)],
  ]
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
      {figures.map(([label, value]) => (
        <Card key={label} withBorder padding="sm">
          <Text size="xs" c="dimmed">
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
    <Table.ScrollContainer minWidth={900}>
      <Table verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            {['Broker', 'Address', 'Version', 'In', 'Out', 'In today', 'Disk used', 'Started', 'Acknowledges'].map(
              (head) => (
                <Table.Th key={head}>{head}</Table.Th>
              ),
            )}
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
  const { diskRatio } = broker
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <Text fw={600}>{broker.brokerName}</Text>
          <Badge size="sm" variant="light" color={broker.role === 'master' ? 'teal' : 'blue'}>
            {broker.role}
          </Badge>
        </Group>
      </Table.Td>
      <Table.Td>{broker.address}</Table.Td>
      <Table.Td>{broker.version ?? 'does not answer'}</Table.Td>
      <Table.Td>{rate(broker.inRate)}</Table.Td>
      <Table.Td>{rate(broker.outRate)}</Table.Td>
      <Table.Td>{count(broker.inToday)}</Table.Td>
      <Table.Td>
        {percent(diskRatio)}
        {diskRatio !== null && (
          <Progress
            value={diskRatio * 100}
            color={diskRatio > 0.85 ? 'red' : 'teal'}
            size="sm"
            aria-label="Disk used"
          />
        )}
      </Table.Td>
      <Table.Td>{time(broker.startedMs)}</Table.Td>
      <Table.Td maw={260}>{broker.acknowledgement?.meaning ?? '–'}</Table.Td>
    </Table.Tr>
  )
}
