/**
 * Answers OCSP. Guarantees that `good` is said of nothing but a certificate that was issued and is not revoked, by rows
 * that verify; that an answer is as new as the records: kept answers are found by what the records say now.
 */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { HsmError } from '../../../../hsm/port.ts';
import { implementFor, noResource } from '../../../../platform/runtime/call.ts';
import { AnswerOcspRequest } from '../../api/revocation/ocsp.ts';
import type { PcaDeps } from '../../deps.ts';
import { permits, statusOf } from '../../domain/authority-state.ts';
import { DerError } from '../../domain/der/reader.ts';
import { type CertId, type OcspRequest, readOcspRequest } from '../../domain/ocsp/request.ts';
import {
  assembleResponse,
  type CertStatus,
  keyHash,
  ocspError,
  writeResponseData,
} from '../../domain/ocsp/response.ts';
import { isTrusted } from '../../domain/revocation/agreement.ts';
import { answersOcsp, readSettings } from '../../domain/revocation/settings.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { ALGORITHM } from '../../domain/x509/algorithm.ts';
import { type AuthorityRecord, guardedCertificate } from '../../store/authorities.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { revocationOf } from '../revocation/revocation-of.ts';

const implement = implementFor<PcaDeps>();

/** Spec pca 3.5: one to seven days. */
const ANSWER_MS = DAY_MS;
const MAX_KEPT = 20_000;

export interface OcspAnswer {
  Response: Buffer;
  ThisUpdate?: number;
  NextUpdate?: number;
}

/** Strangers may not have more signatures under way than this: beyond it nonces are not answered (RFC 9654 2.1). */
const MOST_NONCES = 32;

/** What this process keeps of its answers. */
export class OcspAnswers {
  /** By what was asked and what the records said. */
  readonly kept = new LRUCache<string, Required<OcspAnswer>>({ max: MAX_KEPT });
  /** With a nonce, under way. */
  nonces = 0;
}

export const answerOcspRequest = implement(AnswerOcspRequest, {
  resolve: noResource,
  async run(call, { AuthorityId, Request }, _state, deps): Promise<OcspAnswer> {
    let request: OcspRequest;
    try {
      request = readOcspRequest(Request);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      return { Response: ocspError('malformedRequest') };
    }
    try {
      const record = await deps.authorities.byId(AuthorityId);
      if (!record || !answersFor(record, request.certIds, call.now)) return { Response: ocspError('unauthorized') };
      return await answerWithin(deps, record, request, call.now);
    } catch (error) {
      if (!(error instanceof HsmError)) throw error;
      deps.log.warn({ authority_id: AuthorityId, err: error.message }, 'no OCSP answer: the HSM cannot be used');
      return { Response: ocspError('tryLater') };
    }
  },
});

/** Whether it is one that answers, and all that is asked for is by it. */
function answersFor({ row, issuer }: AuthorityRecord, certIds: readonly CertId[], now: number): boolean {
  const status = statusOf(row, now);
  if (!answersOcsp(readSettings(row.revocation)) || !permits('Revoke', status) || status === 'EXPIRED') return false;
  return certIds.every(
    (id) =>
      id.hash !== undefined &&
      id.nameHash.equals(hash(id.hash, issuer.subject.bytes, 'buffer')) &&
      id.keyHash.equals(keyHash(issuer.publicKey, id.hash)),
  );
}

async function answerWithin(deps: PcaDeps, record: AuthorityRecord, request: OcspRequest, now: number) {
  const { ocspAnswers } = deps;
  if (!request.nonce) return answer(deps, record, request, now);
  if (ocspAnswers.nonces >= MOST_NONCES) return answer(deps, record, { ...request, nonce: undefined }, now);
  ocspAnswers.nonces++;
  try {
    return await answer(deps, record, request, now);
  } finally {
    ocspAnswers.nonces--;
  }
}

async function answer(
  deps: PcaDeps,
  record: AuthorityRecord,
  { certIds, nonce }: OcspRequest,
  now: number,
): Promise<OcspAnswer> {
  const { ocspAnswers } = deps;
  const singles = await Promise.all(
    certIds.map(async ({ bytes, serial }) => ({ certId: bytes, status: await statusOfSerial(deps, record, serial) })),
  );
  const { authority_id } = record.row;
  const key = hash('sha256', JSON.stringify([authority_id, singles]), 'base64');
  const kept = nonce ? undefined : ocspAnswers.kept.get(key);
  if (kept && now < (kept.ThisUpdate + kept.NextUpdate) / 2) return kept;
  const responder = await deps.responders.of(record);
  const thisUpdate = Math.floor(now / 1000) * 1000;
  const nextUpdate = Math.min(thisUpdate + ANSWER_MS, responder.notAfter, record.row.not_after ?? 0);
  const { keyHash: responderKeyHash, algorithm, certificate } = responder;
  const data = writeResponseData({ responderKeyHash, singles, producedAt: thisUpdate, thisUpdate, nextUpdate, nonce });
  const { hsm } = ALGORITHM[algorithm];
  const signature = await deps.hsm.signWith(responder.key, { algorithm: hsm, message: data, isDigest: false });
  const Response = assembleResponse(data, algorithm, { signature, certificate });
  if (nonce) return { Response };
  const made = { Response, ThisUpdate: thisUpdate, NextUpdate: nextUpdate };
  ocspAnswers.kept.set(key, made);
  return made;
}

/** SECURITY: what is neither an issued certificate, read and verified, nor revoked, is unknown. */
async function statusOfSerial(deps: PcaDeps, { row }: AuthorityRecord, serial: string): Promise<CertStatus> {
  const place = { authority_id: row.authority_id, serial };
  const found = await readCertificateRow(deps.store.read, place.authority_id, serial);
  if (found) await deps.guard.verify([guardedCertificate(found)]);
  const isIssued = found?.authority_id === row.authority_id && found.serial === serial && found.state === 'issued';
  const { revocation } = await revocationOf(deps, place, isIssued ? found : undefined);
  if (!isTrusted(revocation)) return { kind: 'revoked', revokedAt: revocation.revokedAt, reason: revocation.reason };
  return { kind: isIssued ? 'good' : 'unknown' };
}
