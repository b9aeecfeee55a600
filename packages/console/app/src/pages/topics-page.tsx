import {
  Anchor,
  Badge,
  Button,
  Group,
  Loader,
  Modal,
  NumberInput,
  SegmentedControl,
  Stack,
  Table,
  TextInput,
} from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import type { CreateTopicAnswer, TopicView } from '../../../src/api-types'
import { postJson } from '../api'
import { count, rate, time } from '../format'
import { useLive } from '../live'
import { Empty, ErrorNote } from '../parts/notes'
import { Sparkline } from '../parts/sparkline'

/** All topics, searched by name, with their rates. */
export function TopicsPage() {
  const { view, topics } = useLive()
  const [search, setSearch] = useState('')
  const [kind, setKind] = useState('normal')
  const [creating, { open, close }] = useDisclosure()
  if (view === undefined) return <Loader aria-label="Loading" />
  const shown = [...topics.values()].filter(
    (topic) => (kind === 'all' || topic.kind === kind) && topic.name.toLowerCase().includes(search.toLowerCase()),
  )
  return (
    <Stack>
      <Group>
        <TextInput
          placeholder="Search"
          aria-label="Search topics"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <SegmentedControl
          value={kind}
          onChange={setKind}
          aria-label="Kind of topics"
          data={[
            { value: 'normal', label: 'Normal' },
            { value: 'retry', label: 'Retry' },
            { value: 'dlq', label: 'Dead letters' },
            { value: 'system', label: 'System' },
            { value: 'all', label: 'All' },
          ]}
        />
        <Button onClick={open}>New topic</Button>
      </Group>
      {shown.length === 0 ? (
        <Empty title="No topic here. Send a first message:" command='npx mq produce TopicTest "hello"' />
      ) : (
        <Topics topics={shown} />
      )}
      <Modal opened={creating} onClose={close} title="New topic">
        <NewTopic />
      </Modal>
    </Stack>
  )
}

function Topics({ topics }: { topics: TopicView[] }) {
  const { history } = useLive()
  return (
    <Table.ScrollContainer minWidth={800}>
      <Table highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {['Topic', 'Queues', 'Messages', 'In', 'Out', 'Last two minutes', 'Last message'].map((head) => (
              <Table.Th key={head}>{head}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {topics.map((topic) => (
            <Table.Tr key={topic.name}>
              <Table.Td>
                <Anchor component={Link} href={`/topics/${encodeURIComponent(topic.name)}`}>
                  {topic.name}
                </Anchor>{' '}
                {topic.kind !== 'normal' && (
                  <Badge size="xs" variant="light">
                    {topic.kind}
                  </Badge>
                )}
              </Table.Td>
              <Table.Td>{count(topic.queues)}</Table.Td>
              <Table.Td>{count(topic.stored)}</Table.Td>
              <Table.Td>{rate(topic.inRate)}</Table.Td>
              <Table.Td>{rate(topic.outRate)}</Table.Td>
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

function NewTopic() {
  const [topic, setTopic] = useState('')
  const [queues, setQueues] = useState<number | string>(8)
  const [, goTo] = useLocation()
  const create = useMutation({
    mutationFn: () =>
      postJson<CreateTopicAnswer>('/api/topics', { topic, readQueues: Number(queues), writeQueues: Number(queues) }),
    onSuccess: () => goTo(`/topics/${encodeURIComponent(topic)}`),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Stack>
        <TextInput label="Name" required value={topic} onChange={(event) => setTopic(event.currentTarget.value)} />
        <NumberInput label="Queues" min={1} max={1024} value={queues} onChange={setQueues} />
        {create.error && <ErrorNote error={create.error} />}
        <Button type="submit" loading={create.isPending}>
          Create
        </Button>
      </Stack>
    </form>
  )
}
