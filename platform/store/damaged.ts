/** Rows that do not verify, where the answer must go on without them. */
import { ServiceError } from '../contract/error.ts';

/** A row that does not verify is in our log, and not a fact. */
export async function orDamaged<T>(look: () => Promise<T>): Promise<T | 'damaged'> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') return 'damaged';
    throw error;
  }
}
