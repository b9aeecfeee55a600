import { Alert, Button, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProduceAnswer, ProduceRequest } from '../../../src/api-types'
import { postJson, topicPath } from '../api'
import { ErrorNote } from '../parts/notes'

/** Sends one message and says where it went. */
export function ProduceForm({ topic }: { topic: string }) {
  const [body, setBody] = useState('')
  const [tags, setTags] = useState('')
  const [keys, setKeys] = useState('')
  const queries = useQueryClient()
  const produce = useMutation({
    mutationFn: () => {
      const message: ProduceRequest = { body }
      if (tags !== '') message.tags = tags
      if (keys.trim() !== '') message.keys = keys.trim().split(/\s+/)
      return postJson<ProduceAnswer>(`${topicPath(topic)}/messages`, message)
    },
    onSuccess: () => queries.invalidateQueries(),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        produce.mutate()
      }}
    >
      <Stack maw={640}>
        <Textarea
          label="Body"
          required
          autosize
          minRows={4}
          value={body}
          onChange={(event) => setBody(event.currentTarget.value)}
        />
        <TextInput label="Tag" value={tags} onChange={(event) => setTags(event.currentTarget.value)} />
        <TextInput
          label="Keys"
          description="Separated by blanks"
          value={keys}
          onChange={(event) => setKeys(event.currentTarget.value)}
        />
        {produce.error && <ErrorNote error={produce.error} />}
        {produce.data && (
          <Alert color="teal" title={produce.data.status} role="status">
            {produce.data.brokerName} queue {produce.data.queueId}, offset {produce.data.queueOffset}, id{' '}
            {produce.data.msgId}
          </Alert>
        )}
        <Button type="submit" loading={produce.isPending}>
          Send
        </Button>
      </Stack>
    </form>
  )
}
