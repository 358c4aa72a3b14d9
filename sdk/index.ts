/**
 * Typed client of the native API, for applications, the command line and the console.
 *
 * Guarantees: what is not declared cannot be called; a broken input never leaves the process; a write is carried out
 * once however often the connection fails; every failure is a `ParapetError` with a stable code. Refuses: endpoints
 * that are not encrypted (except on this machine) and certificates that are not trusted.
 */
import { systemClock } from '../platform/runtime/clock.ts';
import { areas } from './areas.ts';
import { credentialKeeper, type WithCredential } from './credential.ts';
import { createClientFor, type ParapetFor, type ParapetOptions } from './parapet.ts';

export { isAuthenticationError } from './authentication-error.ts';
export type { Credential, CredentialOptions, CredentialValue, WithCredential } from './credential.ts';
export { ParapetError, type ParapetIssue, type PolicyFinding } from './error.ts';
export type { AccessKey, Attempt, BearerToken, CallOptions, Credentials } from './exchange.ts';
export type { ParapetOptions } from './parapet.ts';
export type { RetryPolicy } from './retry.ts';
export { Secret } from './secret.ts';

export type Parapet = ParapetFor<typeof areas> & {
  /** Does work with the credential that a secret holds; once more with a new one when it is not accepted. */
  readonly withCredential: WithCredential;
};

/** `createParapet({ endpoint, credentials, ca })` then `client.kms.encrypt({ KeyId, Plaintext })`. */
export function createParapet(options: ParapetOptions): Parapet {
  const client = createClientFor(areas, options);
  const fetch = (SecretId: string) => client.ccms.getSecretValue({ SecretId });
  return { ...client, withCredential: credentialKeeper(fetch, options.now ?? systemClock.now) };
}
