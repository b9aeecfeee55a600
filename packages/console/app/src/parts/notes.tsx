import { Alert, Code, List, Stack, Text } from '@mantine/core'
import { ApiError } from '../api'

export function ErrorNote({ error }: { error: Error }) {
  return (
    <Alert color="red" title={capitalised(error.message)} role="alert">
      {error instanceof ApiError ? error.next : 'Reload the page; the console’s log may say more.'}
    </Alert>
  )
}

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1)

/** What could not be found out; the rest of the page stands. */
export function Problems({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null
  return (
    <Alert color="yellow" title="Not everything could be asked">
      <List size="sm">
        {problems.map((problem) => (
          <List.Item key={problem}>{problem}</List.Item>
        ))}
      </List>
    </Alert>
  )
}

export function Empty({ title, command }: { title: string; command?: string }) {
  return (
    <Stack align="center" gap="xs" py="xl">
      <Text c="dimmed">{title}</Text>
      {command && <Code>{command}</Code>}
    </Stack>
  )
}
