import { Alert, Button, Group, NumberInput, SegmentedControl, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProduceAnswer, ProduceRequest, TopicDetail } from '../../../src/api-types'
import { postJson, topicPath } from '../api'
import { ErrorNote } from '../parts/notes'
import { queueNamed, queueOptions } from '../parts/queues'
import { parseProperties } from '../properties'

interface Fields {
  body: string
  encoding: 'text' | 'base64'
  tag: string
  keys: string
  properties: string
  queue: string | null
  delayLevel: number | string
}

const empty: Fields = { body: '', encoding: 'text', tag: '', keys: '', properties: '', queue: null, delayLevel: '' }

/** Sends one message and says where it went. */
export function ProduceForm({ detail }: { detail: TopicDetail }) {
  const [fields, setFields] = useState(empty)
  const queries = useQueryClient()
  const produce = useMutation({
    mutationFn: () => postJson<ProduceAnswer>(`${topicPath(detail.name)}/messages`, requestOf(fields)),
    onSuccess: () => queries.invalidateQueries(),
  })
  const set = <Name extends keyof Fields>(name: Name, value: Fields[Name]) => setFields({ ...fields, [name]: value })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        produce.mutate()
      }}
    >
      <Stack maw={720}>
        <Textarea
          label="Body"
          required
          autosize
          minRows={5}
          maxRows={20}
          styles={{ input: { fontFamily: 'monospace' } }}
          value={fields.body}
          onChange={(event) => set('body', event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          w="fit-content"
          aria-label="The body is written as"
          value={fields.encoding}
          onChange={(value) => set('encoding', value as Fields['encoding'])}
          data={[
            { value: 'text', label: 'Text (UTF-8)' },
            { value: 'base64', label: 'Base64' },
          ]}
        />
        <Group grow align="start">
          <TextInput label="Tag" value={fields.tag} onChange={(event) => set('tag', event.currentTarget.value)} />
          <TextInput
            label="Keys"
            placeholder="Separated by blanks"
            value={fields.keys}
            onChange={(event) => set('keys', event.currentTarget.value)}
          />
        </Group>
        <Textarea
          label="Properties"
          placeholder="name=value, one a line"
          autosize
          minRows={2}
          value={fields.properties}
          onChange={(event) => set('properties', event.currentTarget.value)}
        />
        <Group grow align="start">
          <Select
            label="Queue"
            placeholder="The next in turn"
            clearable
            value={fields.queue}
            onChange={(value) => set('queue', value)}
            data={queueOptions(detail)}
          />
          <NumberInput
            label="Delay level"
            placeholder="None: delivered at once"
            min={0}
            max={100}
            allowDecimal={false}
            value={fields.delayLevel}
            onChange={(value) => set('delayLevel', value)}
          />
        </Group>
        {produce.error && <ErrorNote error={produce.error} />}
        {produce.data && <Sent answer={produce.data} />}
        <Button type="submit" w="fit-content" loading={produce.isPending}>
          Send
        </Button>
      </Stack>
    </form>
  )
}

/** Throws a sentence for properties that cannot be read. */
function requestOf({ body, encoding, tag, keys, properties, queue, delayLevel }: Fields): ProduceRequest {
  const request: ProduceRequest = { body, encoding }
  if (tag.trim() !== '') request.tags = tag.trim()
  if (keys.trim() !== '') request.keys = keys.trim().split(/\s+/)
  if (properties.trim() !== '') request.properties = parseProperties(properties)
  if (queue !== null) Object.assign(request, queueNamed(queue))
  if (delayLevel !== '') request.delayLevel = Number(delayLevel)
  return request
}

function Sent({ answer: { status, brokerName, queueId, queueOffset, msgId } }: { answer: ProduceAnswer }) {
  return (
    <Alert color={status === 'SEND_OK' ? 'teal' : 'yellow'} title={status} role="status">
      In queue {queueId} of {brokerName} at offset {queueOffset}, message id {msgId}
    </Alert>
  )
}
