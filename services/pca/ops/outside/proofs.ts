import { implementFor } from '../../../../platform/runtime/call.ts';
import { GetOutsideProof } from '../../api/outside/protocol.ts';
import type { PcaDeps } from '../../deps.ts';
import { isOver } from '../../domain/outside/order.ts';
import { orderOfProof } from '../../store/outside/order-queries.ts';
import { outsideAuthorityById } from './authority-access.ts';
import { readOutsideOrderBody, verifiedOutsideOrder } from './order-rows.ts';

const implement = implementFor<PcaDeps>();

/**
 * SECURITY: what is answered proves our names to a CA, so it comes from rows that verify: whoever could have us answer for
 * another account of that CA would get certificates for our names.
 */
export const getOutsideProof = implement(GetOutsideProof, {
  resolve: () => ({ targets: [], state: undefined }),
  async run(_call, { Token }, _state, deps) {
    const orderId = await orderOfProof(deps.store.read, Token);
    const row = orderId === undefined ? undefined : await verifiedOutsideOrder(deps, orderId);
    const order = row && readOutsideOrderBody(row);
    if (!row || !order || isOver(order) || !order.proofs.some(({ token }) => token === Token)) return {};
    const authority = await outsideAuthorityById(deps, row.outside_authority_id);
    return authority ? { KeyAuthorization: `${Token}.${authority.row.thumbprint}` } : {};
  },
});
