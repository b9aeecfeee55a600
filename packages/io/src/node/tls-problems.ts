import { X509Certificate } from 'node:crypto'
import { messageOf, systemCodeOf } from './errors.js'

type Sentences = readonly (readonly [RegExp, string])[]

const ofPeers: Sentences = [
  [
    /DID_NOT_RETURN_A_CERTIFICATE/,
    'it has no certificate, and this port takes nobody without. Give the client one (tls.client.certPath, tls.client.keyPath)',
  ],
  [/CERT_HAS_EXPIRED/, 'its certificate has expired. Renew it'],
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/,
    'its certificate is not signed by an authority that is trusted here (tls.server.trustCertPath)',
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)/,
    'it does not trust the certificate of this port. Give the client its authority (tls.client.trustCertPath)',
  ],
  [/^ECONNRESET$/, 'it broke off; perhaps it does not trust the certificate of this port'],
  [/ALERT_CERTIFICATE_EXPIRED/, 'it finds the certificate of this port expired. Renew it (tls.server.certPath)'],
]

type Side = 'server' | 'client'

const ofOwn = (side: Side): Sentences => [
  [/BAD_DECRYPT|PKCS12_CIPHERFINAL/, `the password of the key is wrong (tls.${side}.keyPassword)`],
  [/KEY_VALUES_MISMATCH/, 'key and certificate do not belong together. Give both of one pair'],
  [/NO_START_LINE|UNSUPPORTED|DECODER/, 'it is no PEM of a key or certificate'],
]

/** What is wrong with a peer whose handshake failed, and what to do, as a clause. */
export const peerProblem = (error: unknown): string => sentenceFor(error, ofPeers)

/** Throws for a text without a certificate: OpenSSL takes it, and then trusts nobody. */
export function checkAuthorities(ca: string | undefined): void {
  if (ca !== undefined) new X509Certificate(ca)
}

/** What is wrong with the key or certificate that one who listens or connects was given. */
export const ownProblem = (
  error: unknown,
  side: Side,
  { key, passphrase }: { key: string | undefined; passphrase: string | undefined },
): string =>
  passphrase === undefined && key?.includes('ENCRYPTED')
    ? `the key is encrypted, and no password is given (tls.${side}.keyPassword)`
    : sentenceFor(error, ofOwn(side))

function sentenceFor(error: unknown, sentences: Sentences): string {
  const code = systemCodeOf(error) ?? messageOf(error)
  const found = sentences.find(([pattern]) => pattern.test(code))
  return found === undefined ? messageOf(error) : `${found[1]} (${code})`
}
