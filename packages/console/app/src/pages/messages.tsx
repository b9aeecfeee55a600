import { Badge, Button, Code, Group, Loader, NumberInput, Select, Stack, Table, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { MessageList, MessageSummary, TopicDetail } from '../../../src/api-types'
import { getJson, topicPath } from '../api'
import { bytes, time } from '../format'
import { MessageDrawer } from '../parts/message-drawer'
import { Empty, ErrorNote, Problems } from '../parts/notes'
import { queueNamed, queueOptions } from '../parts/queues'

const pageSize = 20

/** The newest messages of a topic, or those of one queue from an offset on. */
export function Messages({ detail }: { detail: TopicDetail }) {
  const [queue, setQueue] = useState<string | null>(null)
  const [offset, setOffset] = useState<number>()
  const [opened, setOpened] = useState<MessageSummary>()
  const path = `${topicPath(detail.name)}/messages?${queryOf(queue, offset)}`
  const list = useQuery({
    queryKey: ['messages', detail.name, path],
    queryFn: () => getJson<MessageList>(path),
    placeholderData: keepPreviousData,
  })
  const choose = (chosen: string | null) => {
    setQueue(chosen)
    setOffset(undefined)
  }
  return (
    <Stack>
      <Group align="end">
        <Select
          label="Queue"
          placeholder="All, newest first"
          clearable
          searchable
          value={queue}
          onChange={choose}
          data={queueOptions(detail)}
        />
        <NumberInput
          label="From offset"
          placeholder={queue === null ? 'Choose a queue' : 'Newest'}
          min={0}
          allowDecimal={false}
          disabled={queue === null}
          value={offset ?? ''}
          onChange={(value) => setOffset(typeof value === 'number' ? value : undefined)}
        />
        {queue !== null && list.data && <Pager list={list.data} goTo={setOffset} />}
        <Button variant="light" onClick={() => void list.refetch()} loading={list.isFetching}>
          Refresh
        </Button>
      </Group>
      {list.isPending && <Loader aria-label="Loading" />}
      {list.error && <ErrorNote error={list.error} />}
      {list.data && <Problems problems={list.data.problems} />}
      {list.data?.messages.length === 0 && (
        <Empty title="No message here. Send one above, or with:" command={`npx mq produce ${detail.name} "hello"`} />
      )}
      {list.data && list.data.messages.length > 0 && <MessageTable messages={list.data.messages} open={setOpened} />}
      <MessageDrawer message={opened} onClose={() => setOpened(undefined)} />
    </Stack>
  )
}

function queryOf(queue: string | null, offset: number | undefined): URLSearchParams {
  const query = new URLSearchParams({ count: String(pageSize) })
  if (queue === null) return query
  const { brokerName, queueId } = queueNamed(queue)
  query.set('broker', brokerName)
  query.set('queueId', String(queueId))
  if (offset !== undefined) query.set('offset', String(offset))
  return query
}

/** Through one queue, page by page. */
function Pager({ list, goTo }: { list: MessageList; goTo: (offset: number | undefined) => void }) {
  const [queue] = list.queues
  const first = list.messages.at(-1)?.queueOffset ?? queue?.maxOffset ?? 0
  const next = list.nextOffset ?? 0
  return (
    <Button.Group>
      <Button
        variant="default"
        disabled={first <= (queue?.minOffset ?? 0)}
        onClick={() => goTo(Math.max(queue?.minOffset ?? 0, first - pageSize))}
      >
        Older
      </Button>
      <Button variant="default" disabled={next >= (queue?.maxOffset ?? 0)} onClick={() => goTo(next)}>
        Newer
      </Button>
      <Button variant="default" onClick={() => goTo(undefined)}>
        Newest
      </Button>
    </Button.Group>
  )
}

function MessageTable({ messages, open }: { messages: MessageSummary[]; open: (message: MessageSummary) => void }) {
  return (
    <Table.ScrollContainer minWidth={860}>
      <Table highlightOnHover aria-label="Messages">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Stored</Table.Th>
            <Table.Th>Queue</Table.Th>
            <Table.Th ta="right">Offset</Table.Th>
            <Table.Th>Tag</Table.Th>
            <Table.Th>Keys</Table.Th>
            <Table.Th ta="right">Size</Table.Th>
            <Table.Th>Body</Table.Th>
            <Table.Th />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {messages.map((message) => (
            <MessageRow
              key={`${message.brokerName} ${message.queueId} ${message.queueOffset}`}
              message={message}
              open={() => open(message)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}

function MessageRow({ message, open }: { message: MessageSummary; open: () => void }) {
  return (
    <Table.Tr onClick={open} style={{ cursor: 'pointer' }}>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>{time(message.storeTimestamp)}</Table.Td>
      <Table.Td style={{ whiteSpace: 'nowrap' }}>
        {message.brokerName} {message.queueId}
      </Table.Td>
      <Table.Td ta="right">{message.queueOffset}</Table.Td>
      <Table.Td>
        {message.tags !== null && (
          <Badge variant="light" tt="none">
            {message.tags}
          </Badge>
        )}
      </Table.Td>
      <Table.Td maw={180}>
        <Text size="sm" truncate title={message.keys.join(' ')}>
          {message.keys.join(' ')}
        </Text>
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        {bytes(message.bodyBytes)}
      </Table.Td>
      <Table.Td maw={420}>
        <Preview message={message} />
      </Table.Td>
      <Table.Td>
        <Button
          size="compact-xs"
          variant="subtle"
          aria-label={`Open message at offset ${message.queueOffset} of queue ${message.queueId}`}
          onClick={open}
        >
          Open
        </Button>
      </Table.Td>
    </Table.Tr>
  )
}

function Preview({ message: { bodyKind, preview } }: { message: MessageSummary }) {
  if (bodyKind === 'unreadable')
    return (
      <Text size="sm" c="red">
        cannot be decompressed
      </Text>
    )
  return (
    <Code style={{ display: 'block', overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' }}>
      {bodyKind === 'binary' ? `hex ${preview}` : preview}
    </Code>
  )
}
