import { describeStorage } from '#kernel/store/storage-conformance.ts';
import { openPostgres } from './open-postgres.ts';
import { startTestPostgres } from './test-cluster.ts';

describeStorage('PostgreSQL', async () => {
  const server = await startTestPostgres();
  const one = await openPostgres({ connection: server.connection });
  const two = await openPostgres({ connection: server.connection });
  return {
    storage: one.log,
    replica: two.log,
    async close() {
      await one.close();
      await two.close();
      await server.stop();
    },
  };
});
