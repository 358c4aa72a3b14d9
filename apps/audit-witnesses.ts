import { type Config, ConfigError } from '../platform/config/config.ts';
import type { WitnessAddress } from '../services/audit/checkpoint/witness-client.ts';
import { parseVerifier } from '../tlog/note.ts';

/** Witnesses by the setting. Throws `ConfigError` for what is no key of a witness, or the same name twice. */
export function witnessesOf({ auditWitnesses }: Pick<Config, 'auditWitnesses'>): WitnessAddress[] {
  const names = new Set<string>();
  return auditWitnesses.map(({ key: text, url }) => {
    const key = parseVerifier(text);
    if (key?.kind !== 'witness' || names.has(key.name))
      throw new ConfigError(
        `PARAPET_AUDIT_WITNESSES ${text} is not the key of a witness, or of one that is named before`,
      );
    names.add(key.name);
    return { key, url };
  });
}
