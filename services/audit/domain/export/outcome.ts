/** What an error code of a record says about its request. */
export type DeniedOrFailed = 'denied' | 'unauthenticated' | 'failed' | 'broken';

const UNAUTHENTICATED: ReadonlySet<string> = new Set([
  'Unauthenticated',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
]);
const DENIED: ReadonlySet<string> = new Set(['AccessDenied', 'AccessDeniedException']);
/** Ours, not the caller's. */
const BROKEN: ReadonlySet<string> = new Set([
  'Internal',
  'InternalServiceError',
  'InternalFailure',
  'KMSInternalException',
  'Unavailable',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'DependencyTimeoutException',
]);

export function outcomeOf(errorCode: string | undefined): 'success' | DeniedOrFailed {
  if (errorCode === undefined) return 'success';
  if (UNAUTHENTICATED.has(errorCode)) return 'unauthenticated';
  if (DENIED.has(errorCode)) return 'denied';
  return BROKEN.has(errorCode) ? 'broken' : 'failed';
}
