/**
 * What is wrong with bytes or fields that a peer sent.
 *
 * - `FRAME_*`: the stream can no longer be trusted, the connection is to be closed.
 * - `HEADER_FIELD`, `BODY`: one request is wrong; it is answered with an error, the connection goes on.
 * - `RECORD`, `PROPERTIES`, `MESSAGE_ID`, `JSON`, `CONFIG`: the named thing cannot be read.
 */
export type ProtocolErrorCode =
  | 'FRAME_LENGTH'
  | 'FRAME_TOO_LARGE'
  | 'FRAME_HEADER'
  | 'HEADER_FIELD'
  | 'BODY'
  | 'RECORD'
  | 'PROPERTIES'
  | 'MESSAGE_ID'
  | 'JSON'
  | 'CONFIG'

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  constructor(
    readonly code: ProtocolErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
