import { Anchor, Badge, Group, Table } from '@mantine/core'
import { Link } from 'wouter'
import type { TopicView } from '../../../src/api-types'
import { count, rate, time } from '../format'
import { useLive } from '../live'
import { Sparkline } from './sparkline'

export function TopicTable({ topics }: { topics: readonly TopicView[] }) {
  const { history } = useLive()
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table highlightOnHover verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Topic</Table.Th>
            <Table.Th ta="right">Queues</Table.Th>
            <Table.Th ta="right">Messages stored</Table.Th>
            <Table.Th ta="right">In</Table.Th>
            <Table.Th ta="right">Out</Table.Th>
            <Table.Th>Last two minutes</Table.Th>
            <Table.Th>Last message</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {topics.map((topic) => (
            <Table.Tr key={topic.name}>
              <Table.Td>
                <Group gap="xs" wrap="nowrap">
                  <Anchor
                    component={Link}
                    href={`/topics/${encodeURIComponent(topic.name)}`}
                    size="sm"
                    fw={600}
                    style={{ overflowWrap: 'anywhere' }}
                  >
                    {topic.name}
                  </Anchor>
                  <KindBadge kind={topic.kind} />
                </Group>
              </Table.Td>
              <Table.Td ta="right">{count(topic.queues)}</Table.Td>
              <Table.Td ta="right">{count(topic.stored)}</Table.Td>
              <Table.Td ta="right">{rate(topic.inRate)}</Table.Td>
              <Table.Td ta="right">{rate(topic.outRate)}</Table.Td>
              <Table.Td>
                <Sparkline history={history(topic.name)} />
              </Table.Td>
              <Table.Td>{time(topic.lastStoreTimestamp)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

const kindNames = { retry: 'retry', dlq: 'dead letters', system: 'system' }

export function KindBadge({ kind }: { kind: TopicView['kind'] }) {
  if (kind === 'normal') return null
  return (
    <Badge size="sm" variant="light" color={kind === 'dlq' ? 'red' : 'gray'} tt="none">
      {kindNames[kind]}
    </Badge>
  )
}
