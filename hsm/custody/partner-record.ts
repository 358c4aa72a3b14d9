/** The file form of what an agent knows of its partner: JSON with hexadecimal fields, the MAC of its root among them. */
import { HsmError } from '../port.ts';

export interface PartnerKeys {
  rootId: Buffer;
  /** Public identity, 32 bytes. */
  publicKey: Buffer;
  /** SubjectPublicKeyInfo of its signing keys: what verifiers must know also while that token is away. */
  auditKey: Buffer;
  sessionKey: Buffer;
}

export interface PartnerRecord {
  /** Of the root that wraps the secrets here and makes the MAC. */
  rootVersion: number;
  /** The secret of this agent's identity, wrapped by its root. */
  identity: Buffer;
  publicKey: Buffer;
  partner?: PartnerKeys;
  /** The common MAC key, wrapped by its root. */
  commonKey?: Buffer;
}

const NONE = Buffer.alloc(0);

const FIELDS = {
  identity: [40],
  publicKey: [32],
  partnerId: [0, 16],
  partnerKey: [0, 32],
  partnerAuditKey: [0, 44],
  partnerSessionKey: [0, 91],
  commonKey: [0, 40],
} as const;
type FieldName = keyof typeof FIELDS;
const NAMES = Object.keys(FIELDS) as FieldName[];

function fieldsOf({ identity, publicKey, partner, commonKey = NONE }: PartnerRecord): Record<FieldName, Buffer> {
  return {
    identity,
    publicKey,
    partnerId: partner?.rootId ?? NONE,
    partnerKey: partner?.publicKey ?? NONE,
    partnerAuditKey: partner?.auditKey ?? NONE,
    partnerSessionKey: partner?.sessionKey ?? NONE,
    commonKey,
  };
}

/**
 * What the MAC covers, in this order; absent fields are empty, which present ones never are. The root version stands at
 * the end of records that are not of the first one.
 */
export function partnerFields(record: PartnerRecord): Buffer[] {
  const fields = fieldsOf(record);
  return [...NAMES.map((name) => fields[name]), ...versionField(record)];
}

function versionField({ rootVersion }: PartnerRecord): Buffer[] {
  if (rootVersion === 1) return [];
  const field = Buffer.alloc(4);
  field.writeUInt32BE(rootVersion);
  return [field];
}

export function writePartnerRecord(record: PartnerRecord, mac: Buffer): Buffer {
  const [rootVersion] = versionField(record);
  const fields = { ...fieldsOf(record), ...(rootVersion && { rootVersion }), mac };
  const json = Object.entries(fields).map(([name, value]) => [name, value.toString('hex')]);
  return Buffer.from(`${JSON.stringify(Object.fromEntries(json), undefined, 2)}\n`);
}

/** Throws `unavailable`. */
export function parsePartnerRecord(bytes: Buffer): { record: PartnerRecord; mac: Buffer } {
  let json: Record<string, unknown>;
  try {
    json = { ...(JSON.parse(bytes.toString('utf8')) as Record<string, unknown>) };
  } catch {
    throw unreadable();
  }
  const read = (name: string, sizes: readonly number[]) => {
    const value = json[name];
    if (typeof value !== 'string' || !/^[0-9a-f]*$/.test(value) || !sizes.includes(value.length / 2))
      throw unreadable();
    return Buffer.from(value, 'hex');
  };
  const field = (name: FieldName) => read(name, FIELDS[name]);
  const partner = {
    rootId: field('partnerId'),
    publicKey: field('partnerKey'),
    auditKey: field('partnerAuditKey'),
    sessionKey: field('partnerSessionKey'),
  };
  const present = Object.values(partner).filter((value) => value.length > 0).length;
  if (present !== 0 && present !== 4) throw unreadable();
  const commonKey = field('commonKey');
  const rootVersion = 'rootVersion' in json ? read('rootVersion', [4]).readUInt32BE() : 1;
  if (rootVersion === 0) throw unreadable();
  const record = {
    rootVersion,
    identity: field('identity'),
    publicKey: field('publicKey'),
    ...(present > 0 && { partner }),
    ...(commonKey.length > 0 && { commonKey }),
  };
  return { record, mac: read('mac', [32]) };
}

function unreadable(): HsmError {
  return new HsmError('unavailable', 'partner record is not readable', {
    hint: 'restore partner.json from a backup of the folder of this token',
  });
}
