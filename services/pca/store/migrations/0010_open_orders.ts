/** Orders of an account by their age: how many are open is asked before each new one. */
import type { Migration } from '../../../../platform/store/index.ts';

export const openOrders: Migration = {
  name: '0010_open_orders',
  async up(db) {
    await db.schema.createIndex('acme_order_age').on('acme_order').columns(['acme_account_id', 'created_at']).execute();
  },
};
