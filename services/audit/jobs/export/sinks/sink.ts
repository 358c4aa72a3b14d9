/**
 * A receiver of records, as the export job sees it. Guarantees that `send` returns only when the receiver has every record
 * of the batch, as far as its protocol can tell; whatever else happens is a `SinkFailure`, and the batch is sent again.
 */
export interface Outgoing {
  eventId: string;
  accountId: string;
  sequence: number;
  position: number;
  /** When it arrived, milliseconds. */
  time: number;
  name: string;
  outcome: 'success' | 'failed' | 'broken';
  /** One line of JSON. */
  text: string;
}

export interface Sink {
  send(batch: readonly Outgoing[], signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * SECURITY: the sentence is shown to whoever may look at the export, and never holds what a receiver answered: it could be
 * one that the caller cannot ask.
 */
export class SinkFailure extends Error {
  override readonly name = 'SinkFailure';
  /** `refused`: at least one record of the batch will not be taken, whenever it is sent. */
  readonly kind: 'away' | 'refused';
  /** How long the receiver asks to be left alone. */
  readonly retryAfterMs: number;

  constructor(kind: SinkFailure['kind'], message: string, retryAfterMs = 0) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** In plain words; codes of Node and OpenSSL are names, not values. */
export function asFailure(error: unknown): SinkFailure {
  if (error instanceof SinkFailure) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  const known = code === undefined ? undefined : WORDS[code];
  if (known !== undefined) return new SinkFailure('away', known);
  const shown = code !== undefined && /^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : '';
  const isTls = code?.includes('CERT') || code?.includes('SSL') || code?.includes('SIGNATURE');
  return new SinkFailure('away', `${isTls ? 'TLS to it could not be set up' : 'the connection to it failed'}${shown}`);
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ECONNRESET: 'it broke the connection off',
  EPIPE: 'it broke the connection off',
  ETIMEDOUT: 'it did not answer in time',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by a trusted authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not signed by a trusted authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by a trusted authority',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by a trusted authority',
};
