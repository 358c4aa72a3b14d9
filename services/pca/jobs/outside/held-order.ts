/**
 * An order in the hands of the one who carries it out. Each change is one commit with its record and starts from the
 * version that was written last: whoever lost the order, because it was cancelled or taken up by another node, writes
 * nothing more.
 */
import type { InputOf } from '../../../../platform/contract/operation.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { OutsideRecords } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { type OutsideCertificate, renewalFailed } from '../../domain/outside/certificate.ts';
import { isOver, type OutsideOrder } from '../../domain/outside/order.ts';
import type { OutsideCertificateRow, OutsideOrderRow } from '../../domain/outside/rows.ts';
import type { OutsideAuthority } from '../../ops/outside/authority-access.ts';
import type { InCommit } from '../../ops/outside/inventory.ts';
import {
  certificateArnOf,
  changedOutsideCertificate,
  changedOutsideOrder,
  HELD_MS,
  keyNameOf,
  readOutsideCertificateBody,
  readOutsideOrderBody,
  verifiedOutsideCertificate,
} from '../../ops/outside/order-rows.ts';
import { callerOfColumn, type OutsideRecord, recordOutside } from '../../ops/outside/record.ts';
import { deleteKeyRow } from '../../store/keys/key-queries.ts';
import { replaceOutsideCertificate, replaceOutsideOrder, replaceProofs } from '../../store/outside/order-queries.ts';

/** Somebody else has the order. */
export class OrderLost extends Error {}

type Facts = Partial<InputOf<typeof OutsideRecords.issued>>;

export class HeldOrder {
  private readonly deps: PcaDeps;
  readonly authority: Pick<OutsideAuthority, 'arn' | 'row'>;
  row: OutsideOrderRow;

  private constructor(deps: PcaDeps, authority: HeldOrder['authority'], row: OutsideOrderRow) {
    this.deps = deps;
    this.authority = authority;
    this.row = row;
  }

  /** Undefined: somebody else was faster. */
  static async take(
    deps: PcaDeps,
    authority: HeldOrder['authority'],
    row: OutsideOrderRow,
  ): Promise<HeldOrder | undefined> {
    const held = await changedOutsideOrder(deps, row, readOutsideOrderBody(row), deps.clock.now() + HELD_MS);
    const taken = await deps.store.transaction((tx) => replaceOutsideOrder(tx, held));
    return taken ? new HeldOrder(deps, authority, held) : undefined;
  }

  get order(): OutsideOrder {
    return readOutsideOrderBody(this.row);
  }

  /** @param operation absent: there is nothing that anybody would want to know */
  async write(order: OutsideOrder, operation?: OutsideRecord, facts: Facts = {}, also?: InCommit): Promise<void> {
    const { deps } = this;
    const now = deps.clock.now();
    const held = isOver(order) ? null : Math.max(order.nextAt, order.nextAt <= now ? now + HELD_MS : 0);
    const row = await changedOutsideOrder(deps, this.row, order, held);
    const certificate = order.status === 'failed' ? await this.certificateWithout(order, now) : undefined;
    await deps.store.transaction(async (tx) => {
      if (!(await replaceOutsideOrder(tx, row))) throw new OrderLost();
      if (certificate && !(await replaceOutsideCertificate(tx, certificate))) throw new OrderLost();
      if (also && !(await also(tx))) throw new OrderLost();
      if (isOver(order) || order.proofs.length > 0)
        await replaceProofs(
          tx,
          row.order_id,
          order.proofs.map(({ token }) => token),
        );
      if (isOver(order)) await deleteKeyRow(tx, keyNameOf(deps, row));
      if (operation) await this.record(tx, operation, order, facts);
    });
    this.row = row;
  }

  /** After something went wrong. */
  writeFailure(order: OutsideOrder): Promise<void> {
    const Outcome = order.problem?.message ?? '';
    return this.write(order, order.status === 'failed' ? OutsideRecords.failed : OutsideRecords.delayed, { Outcome });
  }

  private record(tx: AnyTransaction, operation: OutsideRecord, { names }: OutsideOrder, facts: Facts): Promise<void> {
    const { deps, authority, row } = this;
    const caller = callerOfColumn(row.requested_by, row.account_id);
    const CertificateArn = certificateArnOf(deps, row.account_id, row.certificate_id);
    const known = { OrderId: row.order_id, CertificateArn, Names: [...names] };
    return recordOutside(deps, tx, { operation, authority, caller, facts: { ...known, ...facts } });
  }

  /** The certificate that was to be renewed, when there is one, waits for another order. */
  private async certificateWithout(order: OutsideOrder, now: number): Promise<OutsideCertificateRow | undefined> {
    const found = await this.renewed();
    if (!found) return undefined;
    const problem = order.problem ?? { message: 'the order came to nothing', next: 'see the order' };
    return changedOutsideCertificate(this.deps, found.row, renewalFailed(found.of, problem, now));
  }

  /** Undefined: the order makes a new certificate. */
  async renewed(): Promise<{ row: OutsideCertificateRow; of: OutsideCertificate } | undefined> {
    const row = await verifiedOutsideCertificate(this.deps, this.row.certificate_id);
    const of = row && readOutsideCertificateBody(row);
    return row && of?.orderId === this.row.order_id ? { row, of } : undefined;
  }
}
