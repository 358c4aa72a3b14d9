/** Rows that do not verify, where the answer must go on without them. */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { KeyRecord } from '../store/key-record.ts';

/** A row that does not verify is in our log, and not a fact. */
export async function orDamaged(
  look: () => Promise<KeyRecord | undefined>,
): Promise<KeyRecord | undefined | 'damaged'> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') return 'damaged';
    throw error;
  }
}
