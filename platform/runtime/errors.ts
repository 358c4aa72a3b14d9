/** The border between our faults and what callers read: nothing but a `ServiceError` crosses it. */
import { HsmError } from '../../hsm/port.ts';
import { ServiceError } from '../contract/error.ts';
import { StoreError } from '../store/index.ts';

/** Infrastructure errors become `Unavailable`, everything unknown `Internal`; their text stays here. */
export function asServiceError(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  const retry = { details: { retryAfterSeconds: 1 }, cause: thrown };
  if (thrown instanceof HsmError) {
    if (thrown.code === 'unavailable' || thrown.code === 'overloaded') {
      return new ServiceError('Unavailable', 'the HSM cannot be reached', {
        hint: 'the service resumes by itself when the token is back; see GET /readyz',
        details: { retryAfterSeconds: 2, wireCode: 'HsmUnavailable' },
        cause: thrown,
      });
    }
    return new ServiceError('Internal', 'the HSM refused stored key material', {
      hint: 'the record of this request names the key; restore the database of the service from a backup',
      cause: thrown,
    });
  }
  if (thrown instanceof StoreError) {
    if (thrown.code === 'disk-full') {
      return new ServiceError('Unavailable', 'the disk of the service is full', {
        hint: 'free space in the data folder, then try again',
        details: { retryAfterSeconds: 5, wireCode: 'DiskFull' },
        cause: thrown,
      });
    }
    return new ServiceError('Unavailable', 'the database of the service cannot be used right now', {
      hint: 'try again',
      ...retry,
    });
  }
  return new ServiceError('Internal', 'the request failed for a reason on our side', {
    hint: 'the log of the service holds the details under the request id',
    cause: thrown,
  });
}
