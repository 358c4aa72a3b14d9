/** What each op of the wire does: decodes its fields, asks custody, encodes the answer. Knows no sockets. */
import { encodeWrappedKey } from '../custody/key-encoding.ts';
import { HSM_LIMITS, HsmError, type HsmPublicKey } from '../port.ts';
import { MANY_OPERATIONS } from './many-operations.ts';
import { type AgentState, flagOf, type Lane, type Operation, text, verdict } from './operation.ts';
import { PAIR_OPERATIONS, readSeal, readSource } from './pair-operations.ts';
import { PARTNER_OPERATIONS } from './partner-operations.ts';
import { OP, ProtocolError, readU32 } from './wire.ts';

function publicKeyFields({ algorithm, spki, keyId }: HsmPublicKey): Buffer[] {
  return [Buffer.from(algorithm), Buffer.from(spki), Buffer.from(keyId)];
}

const OPERATIONS = new Map<number, Operation>([
  [OP.status, { fields: 0, run: (_, state) => [Buffer.from(JSON.stringify(state.status()))] }],
  [
    OP.createTenantKey,
    { fields: 1, run: ([binding], state) => [encodeWrappedKey(state.ready().custody.createTenantKey(binding!))] },
  ],
  [
    OP.createKeyMaterial,
    {
      fields: 3,
      run: ([tenant, binding, bytes], state) => {
        const made = state.ready().custody.createKeyMaterial(tenant!, binding!, readU32(bytes!));
        return [encodeWrappedKey(made)];
      },
    },
  ],
  [
    OP.seal,
    {
      fields: 4,
      run: ([key, header, aad, plaintext], state) => [
        state.ready().custody.seal(key!, { header: header!, aad: aad!, plaintext: plaintext! }),
      ],
    },
  ],
  [
    OP.open,
    {
      fields: 4,
      run: ([key, header, aad, sealed], state) => [
        state.ready().custody.open(key!, { header: header!, aad: aad!, sealed: sealed! }),
      ],
    },
  ],
  [
    OP.sealRandom,
    {
      fields: 5,
      run: ([key, header, aad, bytes, shown], state) => {
        const request = { header: header!, aad: aad!, bytes: readU32(bytes!), withPlaintext: flagOf(shown!) };
        const { sealed, plaintext } = state.ready().custody.sealRandom(key!, request);
        return plaintext === undefined ? [sealed] : [sealed, plaintext];
      },
    },
  ],
  [
    OP.reseal,
    {
      fields: 9,
      lane: (fields) => (fields[4]!.length > 0 ? 'slow' : 'quick'),
      run: ([source, header, aad, sealed, hash, destination, nextHeader, nextAad, nextHash], state) => {
        const open = readSource(header!, aad!, sealed!, hash!);
        return [state.ready().custody.reseal(source!, open, destination!, readSeal(nextHeader!, nextAad!, nextHash!))];
      },
    },
  ],
  [
    OP.sealSecret,
    {
      fields: 3,
      run: ([tenant, aad, plaintext], state) => [state.ready().custody.sealSecret(tenant!, aad!, plaintext!)],
    },
  ],
  [
    OP.openSecret,
    { fields: 3, run: ([tenant, aad, sealed], state) => [state.ready().custody.openSecret(tenant!, aad!, sealed!)] },
  ],
  [OP.mac, { fields: 2, run: ([label, data], state) => [state.ready().custody.mac(text(label!), data!)] }],
  [
    OP.verifyMac,
    {
      fields: 3,
      run: ([label, data, mac], state) => [verdict(state.ready().custody.verifyMac(text(label!), data!, mac!))],
    },
  ],
  [
    OP.macMany,
    {
      fields: 1,
      rows: 1,
      run: ([label, ...rows], state) => {
        const { custody } = state.ready();
        return rows.map((data) => custody.mac(text(label!), data));
      },
    },
  ],
  [
    OP.verifyMacMany,
    {
      fields: 1,
      rows: 2,
      run: ([label, ...rows], state) => {
        const { custody } = state.ready();
        const verdicts = Buffer.alloc(rows.length / 2);
        for (let row = 0; row < verdicts.length; row += 1) {
          verdicts[row] = custody.verifyMac(text(label!), rows[2 * row]!, rows[2 * row + 1]!) ? 1 : 0;
        }
        return [verdicts];
      },
    },
  ],
  [OP.random, { fields: 1, run: ([bytes], state) => [state.ready().custody.random(readU32(bytes!))] }],
  [OP.publicKey, { fields: 1, run: ([label], state) => publicKeyFields(state.ready().publicKey(text(label!))) }],
  [
    OP.publicKeys,
    {
      fields: 1,
      run: ([label], state) => state.ready().custody.publicKeys(text(label!)).flatMap(publicKeyFields),
    },
  ],
  [
    OP.sign,
    {
      fields: 3,
      run: ([label, data, keyId], state) => [
        state.ready().custody.sign(text(label!), data!, keyId!.length === 0 ? undefined : text(keyId!)),
      ],
    },
  ],
  ...MANY_OPERATIONS,
  ...PAIR_OPERATIONS,
  ...PARTNER_OPERATIONS,
]);

/** Which queue a request waits in; malformed ones are refused where they are run. */
export function laneOf(op: number, fields: Buffer[]): Lane {
  const operation = OPERATIONS.get(op);
  if (operation?.lane === undefined || fields.length !== operation.fields) return 'quick';
  return operation.lane(fields);
}

/** Answers the fields of the reply, for the caller to wipe; throws `HsmError`, or `ProtocolError` for what no client of ours sends. */
export function runOperation(op: number, fields: Buffer[], state: AgentState): Buffer[] | Promise<Buffer[]> {
  const operation = OPERATIONS.get(op);
  if (operation === undefined) throw new ProtocolError('unknown op');
  const extra = fields.length - operation.fields;
  const rows = operation.rows === undefined ? extra : extra / operation.rows;
  if (extra < 0 || (operation.rows === undefined && extra !== 0) || !Number.isInteger(rows)) {
    throw new ProtocolError('wrong number of fields');
  }
  if (rows > HSM_LIMITS.batch) throw new HsmError('invalid', `batch is longer than ${HSM_LIMITS.batch} rows`);
  return operation.run(fields, state);
}
