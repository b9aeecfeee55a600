import { IoError, type IoErrorCode } from '../ports.js'

interface Cause {
  code: IoErrorCode
  /** Completes "<what was tried>: …" and says what to do where there is something to do. */
  sentence: string
}

const causes: Record<string, Cause> = {
  EADDRINUSE: {
    code: 'ADDRESS_IN_USE',
    sentence: 'the port is taken by another process. Stop that process or choose another port',
  },
  EADDRNOTAVAIL: {
    code: 'ADDRESS_NOT_AVAILABLE',
    sentence: 'this machine has no such address. Use one of its own, or 0.0.0.0 for all of them',
  },
  ECONNREFUSED: {
    code: 'CONNECT_REFUSED',
    sentence: 'nothing listens there. Check the address, and that the server is running',
  },
  ETIMEDOUT: {
    code: 'CONNECT_TIMEOUT',
    sentence: 'the peer does not answer. Check the address, the network and firewalls',
  },
  ECONNRESET: { code: 'CONNECTION_RESET', sentence: 'the peer broke the connection off' },
  EPIPE: { code: 'CONNECTION_RESET', sentence: 'the peer has closed the connection' },
  ECONNABORTED: { code: 'CONNECTION_RESET', sentence: 'the connection was broken off' },
  ENOTFOUND: { code: 'HOST_NOT_FOUND', sentence: 'no address is known for this host name. Check its spelling and DNS' },
  EAI_AGAIN: { code: 'HOST_NOT_FOUND', sentence: 'the name service does not answer. Check DNS, or use an IP address' },
  EHOSTUNREACH: { code: 'UNREACHABLE', sentence: 'there is no way to this host. Check the network' },
  ENETUNREACH: { code: 'UNREACHABLE', sentence: 'there is no way to this network. Check the network' },
  EHOSTDOWN: { code: 'UNREACHABLE', sentence: 'the host is down' },
  ENOENT: { code: 'NOT_FOUND', sentence: 'there is no such file or folder' },
  EEXIST: { code: 'EXISTS', sentence: 'it exists already' },
  EACCES: { code: 'NOT_PERMITTED', sentence: 'this user may not do that. Check owner and permissions' },
  EPERM: { code: 'NOT_PERMITTED', sentence: 'the system does not allow it. Check owner and permissions' },
  EROFS: { code: 'NOT_PERMITTED', sentence: 'the file system is read-only' },
  ENOSPC: { code: 'NO_SPACE', sentence: 'the disk is full. Free some space' },
  EDQUOT: { code: 'NO_SPACE', sentence: 'the disk quota is used up. Free some space' },
  EMFILE: { code: 'TOO_MANY_FILES', sentence: 'this process has too many files open. Raise the limit (ulimit -n)' },
  ENFILE: { code: 'TOO_MANY_FILES', sentence: 'this machine has too many files open. Raise its limit' },
  EISDIR: { code: 'IO_FAILED', sentence: 'it is a folder, not a file' },
  ENOTDIR: { code: 'IO_FAILED', sentence: 'a part of the path is a file, not a folder' },
  EIO: { code: 'IO_FAILED', sentence: 'the device reports an error. Check the disk' },
}

/** A system error as `IoError`: `tried` says what was tried and where, as in "cannot open /data/x". */
export function ioError(tried: string, error: unknown): IoError {
  if (error instanceof IoError) return error
  const systemCode = systemCodeOf(error)
  const cause = systemCode === undefined ? undefined : causes[systemCode]
  if (cause) return new IoError(cause.code, `${tried}: ${cause.sentence} (${systemCode})`, { cause: error })
  if (isTlsError(error, systemCode))
    return new IoError('TLS_FAILED', `${tried}: ${tlsSentence(error)}`, { cause: error })
  return new IoError('IO_FAILED', `${tried}: ${messageOf(error)}`, { cause: error })
}

export function systemCodeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

function isTlsError(error: unknown, code: string | undefined): boolean {
  if (code === undefined) return /\b(SSL|TLS)\b/i.test(messageOf(error))
  return /^ERR_(SSL|TLS|OSSL)|CERT|SELF_SIGNED|^EPROTO$|^HOSTNAME_MISMATCH$|^UNABLE_TO_/.test(code)
}

function tlsSentence(error: unknown): string {
  const code = systemCodeOf(error) ?? ''
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) {
    return `the certificate is not signed by an authority known here. Give its CA, or switch verification off for a test (${code})`
  }
  if (code === 'CERT_HAS_EXPIRED') return `the certificate has expired. Renew it (${code})`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate is for another host name (${code})`
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code)) {
    return `the peer does not speak TLS on this port (${code})`
  }
  return messageOf(error)
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
