import { startRedis } from './redis.fixture.js';
import { tasksContract } from './tasks.contract.js';

tasksContract('Redis', async () => {
  const redis = await startRedis();
  return { redisUrl: redis.url, wipe: () => redis.flush(), stop: () => redis.stop() };
});
