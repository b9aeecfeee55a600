import { watchFiles, type Io, type Logger, type Timer } from '@mq/io'
import {
  AclField,
  isRetryTopic,
  isSignedWith,
  ProtocolError,
  ResponseCode,
  type AclConfig,
  type Answer,
  type DataVersion,
  type ReceivedCommand,
} from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import { nextDataVersion } from '../data-version.js'
import { AclFile, type AclDocument } from './acl-file.js'
import { readAclConfig } from './acl-listing.js'
import type { AclAccount, AclRules } from './acl-rules.js'
import { adminOnly, neededPermissions, type Need } from './needed-permissions.js'
import { addressParts, type AddressParts } from './remote-addresses.js'

/**
 * Who may do what (`PlainPermissionManager`, 4.7.1): the rules of a `plain_acl.yml`, read again within half a second after
 * the file has changed. A changed file that cannot be used is logged, and the rules stay as they were.
 */
export class Acl {
  readonly #file: AclFile
  readonly #watch: Timer
  readonly #addresses = new WeakMap<Channel, AddressParts>()
  readonly #told = new WeakSet<Channel>()
  readonly #bornMs: number
  #rules: AclRules

  /** Throws an `Error` when the file is missing or cannot be used. */
  constructor(
    private readonly io: Io,
    private readonly logger: Logger,
    path: string,
  ) {
    this.#file = new AclFile(io.disk, path)
    this.#bornMs = io.clock.now()
    this.#rules = this.#file.read()
    this.#warn()
    this.#watch = watchFiles(io, [path], () => this.#reload())
  }

  get path(): string {
    return this.#file.path
  }

  /** Of the last change by request. */
  get version(): DataVersion {
    return this.#rules.version ?? { counter: 0, timestamp: this.#bornMs }
  }

  /** The answer to a request that may not be done; undefined for one that may. */
  refusalOf(request: ReceivedCommand, channel: Channel): Answer | undefined {
    const problem = this.#problemOf(request, channel)
    if (problem === undefined) return undefined
    if (!this.#told.has(channel))
      this.logger.warn({ peer: channel.name, code: request.code }, `${channel.name}: ${problem}`)
    this.#told.add(channel)
    return { code: ResponseCode.NO_PERMISSION, remark: problem }
  }

  /** Accounts as they are in the file, without their secrets. */
  listing(): AclConfig {
    return this.#file.inspect(readAclConfig)
  }

  /** Changes the file and the rules, and gives the file its next version. Throws an `Error` that says why not. */
  change(edit: (document: AclDocument) => void): void {
    this.#rules = this.#file.change((document) => {
      edit(document)
      document.setVersion(nextDataVersion(this.version, this.io.clock.now()))
    })
    this.#warn()
  }

  close(): void {
    this.#watch.cancel()
  }

  #problemOf(request: ReceivedCommand, channel: Channel): string | undefined {
    const { accounts, white } = this.#rules
    if (white.length > 0 && white.some((matches) => matches(this.#addressOf(channel)))) return undefined
    const accessKey = request.extFields?.[AclField.ACCESS_KEY]
    if (accessKey === undefined) return 'No accessKey is configured: this broker takes signed requests only'
    const account = accounts.get(accessKey)
    if (account === undefined) return `No acl config for ${shown(accessKey)}: the broker knows no such access key`
    if (account.isWhite?.(this.#addressOf(channel))) return undefined
    if (!isSignedWith(request, account.key)) {
      return `Check signature failed for accessKey=${account.accessKey}: the client has another secret key, or the request was changed`
    }
    return missingPermission(account, request)
  }

  #addressOf(channel: Channel): AddressParts | undefined {
    let address = this.#addresses.get(channel)
    if (address === undefined) {
      address = addressParts(channel.remote.host)
      if (address) this.#addresses.set(channel, address)
    }
    return address
  }

  #reload(): void {
    try {
      this.#rules = this.#file.read()
      this.logger.info(
        { path: this.path },
        `access control file ${this.path} read again: ${this.#rules.accounts.size} accounts`,
      )
      this.#warn()
    } catch (error) {
      this.logger.error({ path: this.path }, `${(error as Error).message}; the rules stay as they were`)
    }
  }

  #warn(): void {
    for (const warning of this.#rules.warnings) this.logger.warn({ path: this.path }, `${this.path}: ${warning}`)
  }
}

function missingPermission(account: AclAccount, request: ReceivedCommand): string | undefined {
  const { code } = request
  if (adminOnly.has(code) && !account.admin) {
    return `Need admin permission for request code=${code}, but accessKey=${account.accessKey} is not`
  }
  if (account.admin && account.permissions.size === 0) return undefined
  const missing = needsOf(request).find((need) => !isGranted(account, need))
  return (
    missing && `No default permission for ${described(missing.resource)}: account ${account.accessKey} may not do that`
  )
}

/** A request that cannot be read needs nothing: its processor refuses it with the reason. */
function needsOf(request: ReceivedCommand): readonly Need[] {
  try {
    return neededPermissions.get(request.code)?.(request) ?? []
  } catch (error) {
    if (error instanceof ProtocolError) return []
    throw error
  }
}

function isGranted(account: AclAccount, { resource, permission }: Need): boolean {
  const otherwise = isRetryTopic(resource) ? account.defaultGroupPermission : account.defaultTopicPermission
  return ((account.permissions.get(resource) ?? otherwise) & permission) !== 0
}

const described = (resource: string): string =>
  isRetryTopic(resource) ? `group:${shown(resource.slice('%RETRY%'.length))}` : `topic:${shown(resource)}`

const shown = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 127)
