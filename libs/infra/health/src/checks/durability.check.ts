import { GatehouseError } from '@gatehouse/contracts';
import { checkDurability } from '@gatehouse/database';
import { fail, onDatabase, pass, type Check } from '../check.js';

export const durability: Check = {
  id: 'durability',
  title: 'Durability',
  run: (context) =>
    onDatabase(context, async (open) => {
      try {
        await checkDurability(open);
        return pass('fsync, full_page_writes and synchronous_commit are on');
      } catch (error) {
        if (!(error instanceof GatehouseError) || error.code !== 'database.unsafe') throw error;
        const [name] = Object.keys(error.details ?? {});
        return fail(error.message, `ALTER SYSTEM SET ${name} = on; SELECT pg_reload_conf();`);
      }
    }),
};
