import { type Change, change, implementFor, type Resolved } from '../../../../platform/runtime/call.ts';
import {
  CancelOutsideOrder,
  DescribeOutsideOrder,
  ListOutsideOrders,
  RequestOutsideCertificate,
} from '../../api/outside/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { MAX_OPEN_OUTSIDE_ORDERS } from '../../domain/limits.ts';
import { renewalCancelled } from '../../domain/outside/certificate.ts';
import { cancelled } from '../../domain/outside/order.ts';
import type { OutsideOrderRow } from '../../domain/outside/rows.ts';
import { familyOf } from '../../domain/x509/algorithm.ts';
import { dnsProblem } from '../../domain/x509/general-name.ts';
import { deleteKeyRow } from '../../store/keys/key-queries.ts';
import {
  countOpenOutsideOrders,
  guardedOutsideOrder,
  listOutsideOrders,
  replaceOutsideCertificate,
  replaceOutsideOrder,
  replaceProofs,
} from '../../store/outside/order-queries.ts';
import type { AnyCall, Condition } from '../authority-access.ts';
import { openPage } from '../page.ts';
import { missing, type OutsideAuthority, outsideConflict, resolveOutsideAuthority } from './authority-access.ts';
import { insertPrepared, prepareOrder } from './new-order.ts';
import {
  changedOutsideCertificate,
  changedOutsideOrder,
  keyNameOf,
  readOutsideCertificateBody,
  readOutsideOrderBody,
  showOutsideOrder,
  verifiedOutsideCertificate,
  verifiedOutsideOrder,
} from './order-rows.ts';
import { requesterColumn } from './record.ts';

const implement = implementFor<PcaDeps>();

export const requestOutsideCertificate = implement(RequestOutsideCertificate, {
  resolve(call, input, deps) {
    const algorithm = input.KeyAlgorithm ?? 'EC_prime256v1';
    const context: Condition[] = [
      ['acm-pca:SanDns', input.Names.map((name) => name.toLowerCase())],
      ['acm-pca:KeyType', familyOf(algorithm)],
      ['acm-pca:KeyBits', /\d{3,4}/.exec(algorithm)?.[0] ?? '0'],
    ];
    return resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn, context);
  },
  async run(call, input, authority, deps) {
    const prepared = await prepareOrder(
      deps,
      authority,
      {
        names: wantedNames(call, input.Names),
        keyAlgorithm: input.KeyAlgorithm ?? 'EC_prime256v1',
        certificateId: deps.ids.uuidv7(),
        requestedBy: requesterColumn(call.caller),
      },
      call.now,
    );
    return change(async (tx) => {
      if ((await countOpenOutsideOrders(tx, authority.row.outside_authority_id)) >= MAX_OPEN_OUTSIDE_ORDERS)
        throw call.fail('LimitExceeded', `${MAX_OPEN_OUTSIDE_ORDERS} orders are under way at ${authority.arn}`);
      await insertPrepared(tx, prepared);
      return { Order: showOutsideOrder(deps, prepared.row) };
    });
  },
});

function wantedNames(call: AnyCall, names: readonly string[]): string[] {
  const wanted = [...new Set(names.map((name) => name.toLowerCase()))];
  for (const name of wanted) {
    if (name.startsWith('*.'))
      throw call.fail('InvalidArgs', `${name} cannot be proven by http-01`, {
        hint: 'name each host; a wildcard needs a proof by DNS, which is not offered',
      });
    const problem = dnsProblem(name);
    if (problem !== undefined) throw call.fail('InvalidArgs', `${name.slice(0, 120)} ${problem}`);
    if (!name.includes('.')) throw call.fail('InvalidArgs', `${name} is no name that a CA outside could find`);
  }
  return wanted;
}

type OfOrder = { authority: OutsideAuthority; row: OutsideOrderRow };

/** An order of another outside CA is none of this one. */
async function resolveOrder(
  call: AnyCall,
  deps: PcaDeps,
  input: { OutsideAuthorityArn: string; OrderId: string },
): Promise<Resolved<OfOrder>> {
  const { targets, state, absent } = await resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn);
  if (absent) return { targets, state: undefined as never, absent };
  const row = await verifiedOutsideOrder(deps, input.OrderId);
  if (row?.outside_authority_id !== state.row.outside_authority_id)
    return { targets, state: undefined as never, absent: missing(call, `outside order ${input.OrderId}`, 'Orders') };
  return { targets, state: { authority: state, row } };
}

export const describeOutsideOrder = implement(DescribeOutsideOrder, {
  resolve: resolveOrderOf,
  run: (_call, _input, { row }, deps) => ({ Order: showOutsideOrder(deps, row) }),
});

function resolveOrderOf(call: AnyCall, input: { OutsideAuthorityArn: string; OrderId: string }, deps: PcaDeps) {
  return resolveOrder(call, deps, input);
}

export const listOutsideOrdersOfAuthority = implement(ListOutsideOrders, {
  resolve: (call, input, deps) => resolveOutsideAuthority(call, deps, input.OutsideAuthorityArn),
  async run(call, input, { row, arn }, deps) {
    const page = openPage(call, deps, input, arn);
    const found = await listOutsideOrders(deps.store.read, row.outside_authority_id, page);
    await deps.guard.verify(found.map(guardedOutsideOrder));
    const { rows, ...end } = page.end(found, ({ order_id }) => order_id);
    return { Orders: rows.map((order) => showOutsideOrder(deps, order)), ...end };
  },
});

export const cancelOutsideOrder = implement(CancelOutsideOrder, {
  resolve: resolveOrderOf,
  async run(call, _input, { row }, deps): Promise<Change<{ Order: ReturnType<typeof showOutsideOrder> }>> {
    const order = readOutsideOrderBody(row);
    const given = cancelled(order);
    if (!given)
      throw call.fail('InvalidState', `outside order ${row.order_id} is ${order.status}`, {
        hint:
          order.status === 'finalizing'
            ? 'the CA was asked to issue: wait for the certificate, and revoke it'
            : 'there is nothing to give up',
      });
    const next = await changedOutsideOrder(deps, row, given);
    const certificate = await verifiedOutsideCertificate(deps, row.certificate_id);
    const body = certificate && readOutsideCertificateBody(certificate);
    const released =
      body?.orderId === row.order_id
        ? await changedOutsideCertificate(deps, certificate!, renewalCancelled(body, call.now))
        : undefined;
    return change(async (tx) => {
      const done =
        (await replaceOutsideOrder(tx, next)) && (!released || (await replaceOutsideCertificate(tx, released)));
      if (!done) throw outsideConflict(call, `outside order ${row.order_id}`);
      await replaceProofs(tx, row.order_id, []);
      await deleteKeyRow(tx, keyNameOf(deps, row));
      return { Order: showOutsideOrder(deps, next) };
    });
  },
});
