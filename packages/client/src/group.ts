import { checkGroupName } from '@mq/protocol'
import { ClientError } from './errors.js'

/** Throws `OPTION_INVALID` for a group name that brokers refuse. */
export function checkGroup(group: unknown): string {
  if (typeof group !== 'string')
    throw new ClientError('OPTION_INVALID', `option 'group' must be text, not ${typeof group}`)
  const problem = checkGroupName(group)
  if (problem !== undefined) throw new ClientError('OPTION_INVALID', problem)
  return group
}
