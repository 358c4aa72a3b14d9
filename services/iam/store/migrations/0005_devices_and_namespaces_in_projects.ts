import type { Migration } from '../../../../platform/store/index.ts';

/** MFA devices and action namespaces are in projects too; what there was before is in the default one. */
export const devicesAndNamespacesInProjects: Migration = {
  name: '0005_devices_and_namespaces_in_projects',
  async up(db) {
    for (const [table, id] of [
      ['mfa_device', 'name_key'],
      ['namespace', 'name'],
    ] as const) {
      await db.schema
        .alterTable(table)
        .addColumn('enterprise_project_id', 'text', (c) => c.notNull().defaultTo('0'))
        .execute();
      await db.schema
        .createIndex(`${table}_project`)
        .on(table)
        .columns(['account_id', 'enterprise_project_id', id])
        .execute();
    }
  },
};
