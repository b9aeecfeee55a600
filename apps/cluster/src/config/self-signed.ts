/** Certificates of this process are valid so long, ms: ten years. */
const validMs = 10 * 365 * 86_400_000

let made: Promise<{ key: string; cert: string }> | undefined

/** A key and a certificate that nobody vouches for; one for the whole process, made when first asked for. */
export function selfSigned(): Promise<{ key: string; cert: string }> {
  made ??= make()
  return made
}

async function make(): Promise<{ key: string; cert: string }> {
  const { generate } = await import('selfsigned')
  const notAfterDate = new Date(Date.now() + validMs)
  const options = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', notAfterDate } as const
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'mq' }], options)
  return { key, cert }
}
