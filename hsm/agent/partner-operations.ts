/** Operations of the wire about pairing, root versions, and bringing keys and MACs into the form in force. */
import { encodeWrappedKey } from '../custody/key-encoding.ts';
import type { RenewedMac, WrappedKey } from '../port.ts';
import { type Operation, text } from './operation.ts';
import { OP, readU32 } from './wire.ts';

const NOTHING = Buffer.alloc(0);
const encoded = (key: WrappedKey | undefined) => (key === undefined ? NOTHING : encodeWrappedKey(key));

/** One byte, and the new MAC where there is one. */
export const RENEWED = { refused: 0, current: 1, renewed: 2 } as const;

function renewed(mac: RenewedMac): Buffer {
  if (mac === 'refused' || mac === 'current') return Buffer.alloc(1, RENEWED[mac]);
  return Buffer.concat([Buffer.alloc(1, RENEWED.renewed), mac]);
}

export const PARTNER_OPERATIONS: readonly (readonly [number, Operation])[] = [
  [
    OP.describePartner,
    {
      fields: 0,
      run: (_, state) => {
        const own = state.ready().custody.partner.describe();
        const { rootId, publicKey, auditKey, sessionKey, partnerId = NOTHING, commonKey = NOTHING } = own;
        return [rootId, publicKey, auditKey, sessionKey, partnerId, commonKey].map((field) => Buffer.from(field));
      },
    },
  ],
  [
    OP.pairWith,
    {
      fields: 4,
      run: (fields, state) => {
        const [rootId, publicKey, auditKey, sessionKey] = fields.map((field) => Buffer.from(field));
        state.ready().custody.partner.pairWith({
          rootId: rootId!,
          publicKey: publicKey!,
          auditKey: auditKey!,
          sessionKey: sessionKey!,
        });
        return [];
      },
    },
  ],
  [
    OP.makeCommonKey,
    {
      fields: 0,
      run: (_, state) => {
        state.ready().custody.partner.makeCommonKey();
        return [];
      },
    },
  ],
  [OP.handCommonKey, { fields: 0, run: (_, state) => [state.ready().custody.partner.handCommonKey()] }],
  [
    OP.takeCommonKey,
    {
      fields: 1,
      run: ([message], state) => {
        state.ready().custody.partner.takeCommonKey(message!);
        return [];
      },
    },
  ],
  [OP.handTenantKey, { fields: 1, run: ([tenant], state) => [state.ready().custody.handTenantKey(tenant!)] }],
  [
    OP.addRootWrap,
    {
      fields: 2,
      run: ([tenant, message], state) => [encodeWrappedKey(state.ready().custody.addRootWrap(tenant!, message!))],
    },
  ],
  [
    OP.addRootVersion,
    {
      fields: 1,
      run: ([version], state) => {
        state.ready().custody.addRootVersion(readU32(version!));
        return [];
      },
    },
  ],
  [
    OP.destroyRootVersion,
    {
      fields: 1,
      run: ([version], state) => {
        state.ready().custody.destroyRootVersion(readU32(version!));
        return [];
      },
    },
  ],
  [
    OP.renewTenantKey,
    { fields: 1, run: ([tenant], state) => [encoded(state.ready().custody.renewTenantKey(tenant!))] },
  ],
  [OP.renewKey, { fields: 1, run: ([key], state) => [encoded(state.ready().custody.renewKey(key!))] }],
  [
    OP.renewMacMany,
    {
      fields: 1,
      rows: 2,
      run: ([label, ...rows], state) => {
        const { custody } = state.ready();
        const answers: Buffer[] = [];
        for (let row = 0; row < rows.length; row += 2) {
          answers.push(renewed(custody.renewMac(text(label!), rows[row]!, rows[row + 1]!)));
        }
        return answers;
      },
    },
  ],
];
