/**
 * Says what a peer spoke whose first bytes are no RocketMQ frame: most often a 5.x gRPC client given a remoting port, or a
 * browser. Undefined when it is nothing we know.
 */
export function foreignProtocol(firstBytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...firstBytes.subarray(0, 8))
  if (start.startsWith('PRI * HT'))
    return 'HTTP/2 (a gRPC client?): this port speaks RocketMQ remoting, 5.x gRPC clients need a proxy port'
  if (/^(GET|POST|PUT|HEAD|OPTIONS|DELETE|PATCH|CONNECT|TRACE) /.test(start)) {
    return 'HTTP: this port speaks RocketMQ remoting; the console has a port of its own'
  }
  if (start.startsWith('PROXY ') || start.startsWith('\r\n\r\n\0\r\nQ'))
    return 'the PROXY protocol, which is not supported on this port'
  if (firstBytes[0] === 0x16 && firstBytes[1] === 0x03) return 'TLS, which is not switched on for this port'
  if (start.startsWith('SSH-')) return 'SSH'
  return undefined
}
