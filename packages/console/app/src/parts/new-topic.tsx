import { Button, Modal, NumberInput, Select, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation } from 'wouter'
import type { CreateTopicAnswer, CreateTopicRequest } from '../../../src/api-types'
import { postJson } from '../api'
import { useLive } from '../live'
import { ErrorNote } from './notes'

/** Makes a topic, and goes to it. */
export function NewTopic({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="New topic">
      <Form />
    </Modal>
  )
}

function Form() {
  const [topic, setTopic] = useState('')
  const [queues, setQueues] = useState<number | string>(8)
  const clusters = [...new Set(useLive().view?.cluster.brokers.map(({ cluster }) => cluster))]
  const [cluster, setCluster] = useState<string | null>(clusters[0] ?? null)
  const [, goTo] = useLocation()
  const create = useMutation({
    mutationFn: () => {
      const request: CreateTopicRequest = { topic, readQueues: Number(queues), writeQueues: Number(queues) }
      if (cluster !== null) request.cluster = cluster
      return postJson<CreateTopicAnswer>('api/topics', request)
    },
    onSuccess: (made) => goTo(`/topics/${encodeURIComponent(made.topic)}`),
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        create.mutate()
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          description="Letters, digits, _ and -"
          required
          data-autofocus
          value={topic}
          onChange={(event) => setTopic(event.currentTarget.value)}
        />
        <NumberInput
          label="Queues"
          description="On each broker: as many consumers of a group can share the work"
          required
          min={1}
          max={1024}
          allowDecimal={false}
          value={queues}
          onChange={setQueues}
        />
        {clusters.length > 1 && <Select label="Cluster" data={clusters} value={cluster} onChange={setCluster} />}
        {create.error && <ErrorNote error={create.error} />}
        <Button type="submit" loading={create.isPending}>
          Create
        </Button>
      </Stack>
    </form>
  )
}
