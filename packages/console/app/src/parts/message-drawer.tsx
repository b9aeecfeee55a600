import {
  Alert,
  Code,
  CopyButton,
  Button,
  Drawer,
  Group,
  Loader,
  SegmentedControl,
  Stack,
  Table,
  Title,
} from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { MessageDetail, MessageSummary } from '../../../src/api-types'
import { getJson, topicPath } from '../api'
import { bodyText, type BodyForm } from '../body'
import { bytes, time } from '../format'
import { ErrorNote } from './notes'

/** One message with all it has. */
export function MessageDrawer({ message, onClose }: { message: MessageSummary | undefined; onClose: () => void }) {
  return (
    <Drawer opened={message !== undefined} onClose={onClose} position="right" size="xl" title="Message">
      {message && <OneMessage message={message} />}
    </Drawer>
  )
}

function OneMessage({ message }: { message: MessageSummary }) {
  const { topic, brokerName, queueId, queueOffset } = message
  const path = `${topicPath(topic)}/messages/${encodeURIComponent(brokerName)}/${queueId}/${queueOffset}`
  const detail = useQuery({ queryKey: ['message', path], queryFn: () => getJson<MessageDetail>(path) })
  return (
    <Stack>
      {detail.isPending && <Loader aria-label="Loading" />}
      {detail.error && <ErrorNote error={detail.error} />}
      {detail.data && <Body message={detail.data} />}
      <Facts title="Properties" facts={Object.entries(message.properties)} />
      <Facts title="Record" facts={recordFacts(message, detail.data)} />
    </Stack>
  )
}

function Body({ message }: { message: MessageDetail }) {
  const { bodyKind, bodyBase64, bodyTruncated, bodyBytes } = message
  const [form, setForm] = useState<BodyForm>(bodyKind === 'json' ? 'json' : bodyKind === 'binary' ? 'hex' : 'text')
  if (bodyKind === 'unreadable')
    return (
      <Alert color="red" title="The body cannot be decompressed">
        Its record is damaged, or compressed in a way this console does not know.
      </Alert>
    )
  const text = bodyText(bodyBase64, form)
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Show the body as"
          value={form}
          onChange={(value) => setForm(value as BodyForm)}
          data={[
            { value: 'text', label: 'Text' },
            { value: 'json', label: 'JSON', disabled: bodyKind !== 'json' },
            { value: 'hex', label: 'Hex' },
          ]}
        />
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-sm" variant="subtle" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
      <Code
        block
        mah={420}
        aria-label="Body"
        tabIndex={0}
        style={{ whiteSpace: form === 'hex' ? 'pre' : 'pre-wrap', overflowWrap: 'anywhere' }}
      >
        {text}
      </Code>
      {bodyTruncated && <Alert color="yellow">The first mebibyte of {bytes(bodyBytes)} is shown.</Alert>}
    </Stack>
  )
}

function recordFacts(message: MessageSummary, detail: MessageDetail | undefined): [string, string][] {
  return [
    ['Message id', message.msgId],
    ['Offset message id', message.offsetMsgId],
    ['Queue', `${message.brokerName} ${message.queueId}, offset ${message.queueOffset}`],
    ['Born', `${time(message.bornTimestamp)} at ${message.bornHost}`],
    ['Stored', `${time(message.storeTimestamp)} at ${message.storeHost}`],
    ['Reconsume times', String(message.reconsumeTimes)],
    ['Size', `${bytes(message.bodyBytes)} body${detail ? `, ${bytes(detail.storeSize)} in the commit log` : ''}`],
    ...(detail ? ([['sysFlag, flag', `${detail.sysFlag}, ${detail.flag}`]] as [string, string][]) : []),
  ]
}

function Facts({ title, facts }: { title: string; facts: [string, string][] }) {
  if (facts.length === 0) return null
  return (
    <section>
      <Title order={3} size="h6" mb={4}>
        {title}
      </Title>
      <Table layout="fixed" variant="vertical" withTableBorder>
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={180} style={{ overflowWrap: 'anywhere' }}>
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  )
}
