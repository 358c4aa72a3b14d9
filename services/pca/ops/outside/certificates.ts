import { change, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import {
  DescribeOutsideCertificate,
  ListOutsideCertificates,
  RenewOutsideCertificate,
  RevokeOutsideCertificate,
} from '../../api/outside/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { MAX_OPEN_OUTSIDE_ORDERS } from '../../domain/limits.ts';
import { renewing, revoking } from '../../domain/outside/certificate.ts';
import type { OutsideCertificateRow } from '../../domain/outside/rows.ts';
import { codeOf } from '../../domain/revocation/reason.ts';
import {
  countOpenOutsideOrders,
  guardedOutsideCertificate,
  listOutsideCertificates,
  replaceOutsideCertificate,
} from '../../store/outside/order-queries.ts';
import type { AnyCall } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { missing, type OutsideAuthority, outsideConflict, resolveOutsideAuthority } from './authority-access.ts';
import { insertPrepared, type PreparedOrder, prepareOrder } from './new-order.ts';
import {
  changedOutsideCertificate,
  readOutsideCertificateBody,
  showOutsideCertificate,
  showOutsideOrder,
  verifiedOutsideCertificate,
} from './order-rows.ts';
import { requesterColumn } from './record.ts';

const implement = implementFor<PcaDeps>();

interface OfCertificate {
  authority: OutsideAuthority;
  row: OutsideCertificateRow;
}

/** A certificate of another outside CA is none of this one. */
async function resolveCertificate(
  call: AnyCall,
  input: { OutsideAuthorityArn: string; CertificateId: string },
  deps: PcaDeps,
): Promise<Resolved<OfCertificate>> {
  const { targets, state, absent } = await resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn);
  if (absent) return { targets, state: undefined as never, absent };
  const row = await verifiedOutsideCertificate(deps, input.CertificateId);
  if (row?.outside_authority_id !== state.row.outside_authority_id) {
    const none = missing(call, `outside certificate ${input.CertificateId}`, 'Certificates');
    return { targets, state: undefined as never, absent: none };
  }
  return { targets, state: { authority: state, row } };
}

export const describeOutsideCertificate = implement(DescribeOutsideCertificate, {
  resolve: resolveCertificate,
  run: (_call, _input, { row }, deps) => ({ Certificate: showOutsideCertificate(deps, row) }),
});

export const listOutsideCertificatesOfAuthority = implement(ListOutsideCertificates, {
  resolve: (call, input, deps) => resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn),
  async run(call, input, { row, arn }, deps) {
    const page = openPage(call, deps, input, arn);
    const found = await listOutsideCertificates(deps.store.read, row.outside_authority_id, page);
    await deps.guard.verify(found.map(guardedOutsideCertificate));
    const { rows, ...end } = page.end(found, ({ certificate_id }) => certificate_id);
    return { Certificates: rows.map((certificate) => showOutsideCertificate(deps, certificate)), ...end };
  },
});

export const renewOutsideCertificate = implement(RenewOutsideCertificate, {
  resolve: resolveCertificate,
  async run(call, _input, { authority, row }, deps) {
    requireResting(call, row);
    const { prepared, certificate } = await prepareRenewal(deps, authority, row, {
      requestedBy: requesterColumn(call.caller),
      now: call.now,
    });
    return change(async (tx) => {
      if ((await countOpenOutsideOrders(tx, authority.row.outside_authority_id)) >= MAX_OPEN_OUTSIDE_ORDERS)
        throw call.fail('LimitExceeded', `${MAX_OPEN_OUTSIDE_ORDERS} orders are under way at ${authority.arn}`);
      if (!(await replaceOutsideCertificate(tx, certificate)))
        throw outsideConflict(call, `outside certificate ${row.certificate_id}`);
      await insertPrepared(tx, prepared);
      return { Order: showOutsideOrder(deps, prepared.row) };
    });
  },
});

export const revokeOutsideCertificate = implement(RevokeOutsideCertificate, {
  resolve: resolveCertificate,
  async run(call, input, { row }, deps) {
    requireResting(call, row);
    const next = revoking(readOutsideCertificateBody(row), codeOf(input.RevocationReason), call.now);
    const wished = await changedOutsideCertificate(deps, row, next, { requested_by: requesterColumn(call.caller) });
    return change(async (tx) => {
      if (!(await replaceOutsideCertificate(tx, wished)))
        throw outsideConflict(call, `outside certificate ${row.certificate_id}`);
      return { Certificate: showOutsideCertificate(deps, wished) };
    });
  },
});

/** The next version of a certificate: its order, with a new key, and the certificate that waits for it. */
export async function prepareRenewal(
  deps: PcaDeps,
  authority: OutsideAuthority,
  row: OutsideCertificateRow,
  { requestedBy, now }: { requestedBy: string; now: number },
): Promise<{ prepared: PreparedOrder; certificate: OutsideCertificateRow }> {
  const of = readOutsideCertificateBody(row);
  const prepared = await prepareOrder(
    deps,
    authority,
    {
      names: of.names,
      keyAlgorithm: of.keyAlgorithm,
      certificateId: row.certificate_id,
      requestedBy,
      replaces: of.renewalId,
    },
    now,
  );
  return { prepared, certificate: await changedOutsideCertificate(deps, row, renewing(of, prepared.row.order_id)) };
}

function requireResting(call: AnyCall, row: OutsideCertificateRow): void {
  const { state, orderId } = readOutsideCertificateBody(row);
  const what = `outside certificate ${row.certificate_id}`;
  if (state !== 'active')
    throw call.fail('InvalidState', `${what} is ${state}`, { hint: 'request another certificate' });
  if (orderId !== undefined)
    throw call.fail('InvalidState', `${what} is being renewed by order ${orderId}`, {
      hint: 'wait until that order is over, or give it up with CancelOutsideOrder',
    });
}
