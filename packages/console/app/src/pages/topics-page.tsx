import { Button, Group, Loader, Pagination, SegmentedControl, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import type { TopicView } from '../../../src/api-types'
import { count } from '../format'
import { useLive } from '../live'
import { NewTopic } from '../parts/new-topic'
import { Empty, Problems } from '../parts/notes'
import { TopicTable } from '../parts/topic-table'

const pageSize = 50

/** All topics, searched by name, with their rates. */
export function TopicsPage() {
  const { view, problem, topics } = useLive()
  const [search, setSearch] = useState('')
  const [kind, setKind] = useState('normal')
  const [page, setPage] = useState(1)
  const [isCreating, { open, close }] = useDisclosure()
  if (view === undefined) return problem ? null : <Loader aria-label="Loading" />
  const ofKind = [...topics.values()].filter((topic) => kind === 'all' || topic.kind === kind)
  const found = ofKind.filter(({ name }) => name.toLowerCase().includes(search.trim().toLowerCase()))
  // Topics come and go while the page is open.
  const pages = Math.max(1, Math.ceil(found.length / pageSize))
  const shownPage = Math.min(page, pages)
  const shown = found.sort(byName).slice((shownPage - 1) * pageSize, shownPage * pageSize)
  return (
    <Stack>
      <Problems problems={view.topicProblems} />
      <Group>
        <TextInput
          placeholder="Search"
          aria-label="Search topics"
          leftSection={<IconSearch size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <SegmentedControl value={kind} onChange={setKind} aria-label="Kind of topics" data={kinds} />
        <Text size="sm" c="dimmed" role="status" flex={1}>
          {count(found.length)} of {count(topics.size)} topics
        </Text>
        <Button leftSection={<IconPlus size={16} />} onClick={open}>
          New topic
        </Button>
      </Group>
      {found.length > 0 && <TopicTable topics={shown} />}
      {found.length === 0 && ofKind.length > 0 && <Empty title={`No topic has '${search.trim()}' in its name.`} />}
      {ofKind.length === 0 && <NoTopics kind={kind} />}
      {pages > 1 && <Pagination total={pages} value={shownPage} onChange={setPage} aria-label="Pages of topics" />}
      <NewTopic isOpen={isCreating} onClose={close} />
    </Stack>
  )
}

const kinds = [
  { value: 'normal', label: 'Normal' },
  { value: 'retry', label: 'Retry' },
  { value: 'dlq', label: 'Dead letters' },
  { value: 'system', label: 'System' },
  { value: 'all', label: 'All' },
]

const byName = (a: TopicView, b: TopicView): number => (a.name < b.name ? -1 : 1)

function NoTopics({ kind }: { kind: string }) {
  if (kind === 'retry') return <Empty title="No consumer group has given a message back for another try." />
  if (kind === 'dlq') return <Empty title="No message has failed for good. That is how it should be." />
  return (
    <Empty title="No topic yet. Make one here, or send a first message:" command='npx mq produce TopicTest "hello"' />
  )
}
