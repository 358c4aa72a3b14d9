/** Folders and buckets that settings name: for lists of revoked certificates, audit reports, and archives of the audit log. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError, type NamedStore } from '../platform/config/config.ts';
import type { ObjectStoreOptions } from '../platform/objects/index.ts';
import { assertPrivateFile } from '../platform/tls/private-file.ts';

const Credentials = z.record(
  z.string(),
  z.strictObject({
    accessKeyId: z.string().min(1),
    secretAccessKey: z.string().min(1),
    region: z.string().min(1).default('us-east-1'),
  }),
);

/** The stores that a setting names; those in buckets with their access keys from the file that another setting names. */
export function objectStores(
  named: ReadonlyMap<string, NamedStore>,
  file: { setting: string; path: string | undefined },
): Map<string, ObjectStoreOptions> {
  const credentials = file.path === undefined ? {} : readCredentials(file.setting, file.path);
  const stores = new Map<string, ObjectStoreOptions>();
  for (const [name, store] of named) {
    if (store.kind === 'folder') stores.set(name, store);
    else {
      const found = credentials[name];
      if (!found) throw new ConfigError(`${file.setting} has no access key for store ${name}`);
      const { region, ...keys } = found;
      stores.set(name, { ...store, region, credentials: keys });
    }
  }
  return stores;
}

function readCredentials(setting: string, path: string): z.output<typeof Credentials> {
  let text: string;
  try {
    assertPrivateFile(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${setting} cannot be used: ${(error as Error).message}`);
  }
  try {
    return Credentials.parse(JSON.parse(text));
  } catch {
    // SECURITY: what is wrong in it is not said, it could be part of a key.
    throw new ConfigError(`${setting} does not hold access keys by the names of stores`);
  }
}
