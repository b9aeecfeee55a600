import { Badge, Button, Code, Drawer, Group, Loader, NumberInput, Select, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { MessageList, MessageSummary, TopicDetail } from '../../../src/api-types'
import { getJson, topicPath } from '../api'
import { bytes, time } from '../format'
import { Empty, ErrorNote, Problems } from '../parts/notes'

/** The newest messages of a topic, or those of one queue from an offset on. */
export function Messages({ detail }: { detail: TopicDetail }) {
  const [queue, setQueue] = useState<string | null>(null)
  const [offset, setOffset] = useState<number | string>('')
  const [opened, setOpened] = useState<MessageSummary>()
  const query = new URLSearchParams({ count: '50' })
  if (queue !== null) {
    const at = queue.lastIndexOf(' ')
    query.set('brokerName', queue.slice(0, at))
    query.set('queueId', queue.slice(at + 1))
    if (offset !== '') query.set('offset', String(offset))
  }
  const list = useQuery({
    queryKey: ['messages', detail.name, String(query)],
    queryFn: () => getJson<MessageList>(`${topicPath(detail.name)}/messages?${query}`),
  })
  return (
    <Stack>
      <Group align="end">
        <Select
          label="Queue"
          placeholder="All, newest first"
          clearable
          value={queue}
          onChange={setQueue}
          data={detail.queues.map(({ brokerName, queueId }) => ({
            value: `${brokerName} ${queueId}`,
            label: `${brokerName} ${queueId}`,
          }))}
        />
        <NumberInput label="From offset" min={0} disabled={queue === null} value={offset} onChange={setOffset} />
        <Button variant="light" onClick={() => void list.refetch()} loading={list.isFetching}>
          Look again
        </Button>
      </Group>
      {list.isPending && <Loader aria-label="Loading" />}
      {list.error && <ErrorNote error={list.error} />}
      {list.data && <Problems problems={list.data.problems} />}
      {list.data?.messages.length === 0 && (
        <Empty title="No message here. Send one:" command={`npx mq produce ${detail.name} "hello"`} />
      )}
      {list.data && list.data.messages.length > 0 && <MessageTable messages={list.data.messages} open={setOpened} />}
      <Drawer
        opened={opened !== undefined}
        onClose={() => setOpened(undefined)}
        position="right"
        size="lg"
        title="Message"
      >
        {opened && <OneMessage message={opened} />}
      </Drawer>
    </Stack>
  )
}

function MessageTable({ messages, open }: { messages: MessageSummary[]; open(message: MessageSummary): void }) {
  return (
    <Table.ScrollContainer minWidth={800}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {['Stored', 'Queue', 'Offset', 'Tag', 'Keys', 'Size', 'Body', ''].map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {messages.map((message) => (
            <Table.Tr key={message.offsetMsgId}>
              <Table.Td>{time(message.storeTimestamp)}</Table.Td>
              <Table.Td>
                {message.brokerName} {message.queueId}
              </Table.Td>
              <Table.Td>{message.queueOffset}</Table.Td>
              <Table.Td>{message.tags && <Badge variant="light">{message.tags}</Badge>}</Table.Td>
              <Table.Td>{message.keys.join(' ')}</Table.Td>
              <Table.Td>{bytes(message.bodyBytes)}</Table.Td>
              <Table.Td maw={320}>
                <Text size="sm" truncate>
                  {message.preview}
                </Text>
              </Table.Td>
              <Table.Td>
                <Button size="compact-xs" variant="subtle" onClick={() => open(message)}>
                  Open
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function OneMessage({ message }: { message: MessageSummary }) {
  const facts = [
    ['Message id', message.msgId],
    ['Offset id', message.offsetMsgId],
    ['Born', `${time(message.bornTimestamp)} at ${message.bornHost}`],
    ['Stored', `${time(message.storeTimestamp)} at ${message.storeHost}`],
    ['Tried before', String(message.reconsumeTimes)],
    ...Object.entries(message.properties),
  ]
  return (
    <Stack>
      <Code block>{shown(message)}</Code>
      <Table>
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th>{name}</Table.Th>
              <Table.Td style={{ wordBreak: 'break-all' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}

/** JSON that is there whole is laid out; the rest is shown as it came. */
function shown({ bodyKind, preview }: MessageSummary): string {
  if (bodyKind !== 'json') return preview
  try {
    return JSON.stringify(JSON.parse(preview), null, 2)
  } catch {
    return preview
  }
}
