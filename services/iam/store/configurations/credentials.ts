/** Facts about credentials. Never a secret: access keys by their id and age only. */
import type { Db } from '../db.ts';
import { iso } from './permissions.ts';

interface Credentials {
  accessKeys: { id: string; status: string; createdAt: string; lastUsedAt?: string }[];
  mfaEnabled: boolean;
}

/** Access keys and second factors of users, or of root users by the id of their account. */
export async function credentialsOf(db: Db, ownerIds: readonly string[]): Promise<(ownerId: string) => Credentials> {
  const keys = await db
    .selectFrom('access_key')
    .selectAll()
    .where('owner_id', 'in', ownerIds)
    .orderBy('access_key_id')
    .execute();
  const devices = await db.selectFrom('mfa_device').select('owner_id').where('owner_id', 'in', ownerIds).execute();
  const protectedIds = new Set(devices.map((device) => device.owner_id));
  return (ownerId) => ({
    accessKeys: keys
      .filter((key) => key.owner_id === ownerId)
      .map((key) => ({
        id: key.access_key_id,
        status: key.status,
        createdAt: iso(key.created_at),
        ...(key.last_used_at !== null && { lastUsedAt: iso(key.last_used_at) }),
      })),
    mfaEnabled: protectedIds.has(ownerId),
  });
}
