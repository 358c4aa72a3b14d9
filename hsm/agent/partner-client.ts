/** The client's calls about pairing, root versions and renewal; what they send is in `partner-operations.ts`. */
import { decodeWrappedKey, encodeKeyRef, encodeWrappedKey } from '../custody/key-encoding.ts';
import type { PartnerState } from '../custody/partner.ts';
import type { PartnerKeys } from '../custody/partner-record.ts';
import type { Hsm, RenewedMac, WrappedKey } from '../port.ts';
import { batches } from './many-client.ts';
import { only } from './pair-client.ts';
import { RENEWED } from './partner-operations.ts';
import { OP, u32 } from './wire.ts';

type Ask = (op: number, fields: () => Buffer[]) => Promise<Buffer[]>;

/** What the two agents of a pair ask of each other, carried by the client. Keys are sealed for the receiver. */
export interface PartnerCalls {
  describePartner(): Promise<PartnerState>;
  pairWith(partner: PartnerKeys): Promise<void>;
  makeCommonKey(): Promise<void>;
  handCommonKey(): Promise<Buffer>;
  takeCommonKey(message: Buffer): Promise<void>;
  handTenantKey(tenant: WrappedKey): Promise<Buffer>;
  addRootWrap(tenant: WrappedKey, message: Buffer): Promise<WrappedKey>;
}

type RootCalls = Pick<Hsm, 'renewTenantKey' | 'renewKey' | 'renewMacMany' | 'addRootVersion' | 'destroyRootVersion'>;

export function partnerCalls(ask: Ask): PartnerCalls & RootCalls {
  const one = async (op: number, fields: () => Buffer[]) => only(await ask(op, fields));
  const maybeKey = (field: Buffer) => (field.length === 0 ? undefined : decodeWrappedKey(field));
  return {
    async describePartner() {
      const fields = await ask(OP.describePartner, () => []);
      const [rootId, publicKey, auditKey, sessionKey, partnerId, commonKey] = fields;
      return {
        rootId: rootId!,
        publicKey: publicKey!,
        auditKey: auditKey!,
        sessionKey: sessionKey!,
        ...(partnerId!.length > 0 && { partnerId: partnerId! }),
        ...(commonKey!.length > 0 && { commonKey: commonKey! }),
      };
    },
    async pairWith({ rootId, publicKey, auditKey, sessionKey }) {
      await ask(OP.pairWith, () => [rootId, publicKey, auditKey, sessionKey]);
    },
    async makeCommonKey() {
      await ask(OP.makeCommonKey, () => []);
    },
    handCommonKey: () => one(OP.handCommonKey, () => []),
    async takeCommonKey(message) {
      await ask(OP.takeCommonKey, () => [message]);
    },
    handTenantKey: (tenant) => one(OP.handTenantKey, () => [encodeWrappedKey(tenant)]),
    addRootWrap: async (tenant, message) =>
      decodeWrappedKey(await one(OP.addRootWrap, () => [encodeWrappedKey(tenant), message])),
    async addRootVersion(version) {
      await ask(OP.addRootVersion, () => [u32(version)]);
    },
    async destroyRootVersion(version) {
      await ask(OP.destroyRootVersion, () => [u32(version)]);
    },
    renewTenantKey: async (tenant) => maybeKey(await one(OP.renewTenantKey, () => [encodeWrappedKey(tenant)])),
    renewKey: async (key) => maybeKey(await one(OP.renewKey, () => [encodeKeyRef(key)])),
    async renewMacMany(label, rows) {
      const parts = batches(rows, (row) => row.data.length + row.mac.length);
      const answers = await Promise.all(
        parts.map((part) =>
          ask(OP.renewMacMany, () => [Buffer.from(label), ...part.flatMap((row) => [row.data, row.mac])]),
        ),
      );
      return answers.flat().map(renewedMac);
    },
  };
}

function renewedMac(answer: Buffer): RenewedMac {
  if (answer[0] === RENEWED.renewed) return answer.subarray(1);
  return answer[0] === RENEWED.current ? 'current' : 'refused';
}
