/** Where lists of revoked certificates and audit reports are put, with the access keys of the stores that need one. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Config, ConfigError } from '../platform/config/config.ts';
import { assertPrivateFile } from '../platform/tls/private-file.ts';
import type { StoreOptions } from '../services/pca/index.ts';

const Credentials = z.record(
  z.string(),
  z.strictObject({
    accessKeyId: z.string().min(1),
    secretAccessKey: z.string().min(1),
    region: z.string().min(1).default('us-east-1'),
  }),
);

export function storesOf(pkiStores: Config['pkiStores'], { pkiCredentialsFile }: Pick<Config, 'pkiCredentialsFile'>) {
  const credentials = pkiCredentialsFile === undefined ? {} : readCredentials(pkiCredentialsFile);
  const stores = new Map<string, StoreOptions>();
  for (const [name, store] of pkiStores) {
    if (store.kind === 'folder') stores.set(name, store);
    else {
      const found = credentials[name];
      if (!found) throw new ConfigError(`PARAPET_PKI_CREDENTIALS_FILE has no access key for store ${name}`);
      const { region, ...keys } = found;
      stores.set(name, { ...store, region, credentials: keys });
    }
  }
  return stores;
}

function readCredentials(path: string): z.output<typeof Credentials> {
  let text: string;
  try {
    assertPrivateFile(path);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`PARAPET_PKI_CREDENTIALS_FILE cannot be used: ${(error as Error).message}`);
  }
  try {
    return Credentials.parse(JSON.parse(text));
  } catch {
    // SECURITY: what is wrong in it is not said, it could be part of a key.
    throw new ConfigError('PARAPET_PKI_CREDENTIALS_FILE does not hold access keys by the names of stores');
  }
}
