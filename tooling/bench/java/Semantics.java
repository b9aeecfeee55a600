import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Loads beyond plain sending and consuming, from Apache's own client. Prints one JSON line: rate per second, latencies in
 * microseconds.
 *
 * <pre>Semantics MODE name=value...   MODE: transaction | orderly | delay | sql | retry | e2e
 * namesrv, topic, count (messages), threads, seconds, warmup (seconds) and rate (e2e)</pre>
 */
public class Semantics {
    private static final Map<String, String> settings = new HashMap<>();
    private static final AtomicLong failed = new AtomicLong();
    private static final List<Long> micros = new ArrayList<>();

    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            int at = args[i].indexOf('=');
            settings.put(args[i].substring(0, at), args[i].substring(at + 1));
        }
        switch (args[0]) {
            case "transaction": transaction(); break;
            case "orderly": orderly(); break;
            case "delay": delay(); break;
            case "sql": sql(); break;
            case "retry": retry(); break;
            case "e2e": endToEnd(); break;
            default: throw new IllegalArgumentException("no such mode: " + args[0]);
        }
        System.exit(0);
    }

    private static String topic() {
        return settings.getOrDefault("topic", "BenchSemantics");
    }

    private static int number(String name, int fallback) {
        return Integer.parseInt(settings.getOrDefault(name, String.valueOf(fallback)));
    }

    private static Message message() {
        byte[] body = new byte[128];
        Arrays.fill(body, (byte) 'm');
        return new Message(topic(), "bench", body);
    }

    private static <P extends DefaultMQProducer> P started(P producer) throws Exception {
        producer.setNamesrvAddr(settings.get("namesrv"));
        producer.setInstanceName("producer" + System.nanoTime());
        producer.setSendMsgTimeout(10_000);
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        return producer;
    }

    private static DefaultMQPushConsumer consumer(ConsumeFromWhere from) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("bench_consumer_" + System.nanoTime());
        consumer.setNamesrvAddr(settings.get("namesrv"));
        consumer.setInstanceName("consumer" + System.nanoTime());
        consumer.setConsumeFromWhere(from);
        return consumer;
    }

    private static void record(long nanos) {
        synchronized (micros) {
            micros.add(nanos / 1000);
        }
    }

    private static void report(double perSecond, long total) {
        synchronized (micros) {
            micros.sort(null);
            long p50 = micros.isEmpty() ? 0 : micros.get(micros.size() / 2);
            long p99 = micros.isEmpty() ? 0 : micros.get((int) (micros.size() * 0.99));
            System.out.printf("{\"perSecond\":%.1f,\"failed\":%d,\"p50\":%d,\"p99\":%d,\"total\":%d}%n", perSecond, failed.get(), p50, p99, total);
        }
    }

    private static void require(CountDownLatch all, String what) throws Exception {
        if (all.await(120, TimeUnit.SECONDS)) return;
        System.err.println(all.getCount() + " messages are missing after 120 s: " + what);
        System.exit(1);
    }

    interface Sending {
        void send(long number) throws Exception;
    }

    /** Sends `count` messages from many threads; gives the seconds it took. */
    private static double sendAll(int threads, int count, Sending sending) throws Exception {
        AtomicLong next = new AtomicLong();
        List<Thread> all = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < threads; i++) {
            Thread thread = new Thread(() -> {
                for (long number = next.getAndIncrement(); number < count; number = next.getAndIncrement()) {
                    try {
                        sending.send(number);
                    } catch (Exception error) {
                        if (failed.getAndIncrement() < 3) System.err.println(error);
                    }
                }
            });
            thread.start();
            all.add(thread);
        }
        for (Thread thread : all) thread.join();
        return (System.nanoTime() - start) / 1e9;
    }

    /** Half message, local transaction, commit. */
    private static void transaction() throws Exception {
        TransactionMQProducer producer = new TransactionMQProducer("bench_transactions");
        producer.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message message, Object argument) {
                return LocalTransactionState.COMMIT_MESSAGE;
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt message) {
                return LocalTransactionState.COMMIT_MESSAGE;
            }
        });
        started(producer);
        int threads = number("threads", 32);
        int count = number("count", 100_000);
        Sending one = number -> {
            long start = System.nanoTime();
            if (producer.sendMessageInTransaction(message(), null).getSendStatus() != SendStatus.SEND_OK) failed.incrementAndGet();
            record(System.nanoTime() - start);
        };
        sendAll(threads, count / 2, one);
        synchronized (micros) {
            micros.clear();
        }
        double seconds = sendAll(threads, count, one);
        report(count / seconds, count + count / 2);
    }

    private static void fill(int count, String name, int values) throws Exception {
        DefaultMQProducer producer = started(new DefaultMQProducer("bench_filler"));
        sendAll(4, count / 64, number -> {
            List<Message> batch = new ArrayList<>(64);
            for (int i = 0; i < 64; i++) {
                Message message = message();
                message.putUserProperty(name, String.valueOf((number * 64 + i) % values));
                batch.add(message);
            }
            producer.send(batch);
        });
    }

    private static void orderly() throws Exception {
        int count = number("count", 200_000) / 64 * 64;
        fill(count, "a", 10);
        CountDownLatch all = new CountDownLatch(count);
        AtomicLong first = new AtomicLong();
        DefaultMQPushConsumer consumer = consumer(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic(), "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            first.compareAndSet(0, System.nanoTime());
            for (int i = 0; i < messages.size(); i++) all.countDown();
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        require(all, "orderly");
        report(count / ((System.nanoTime() - first.get()) / 1e9), count);
    }

    private static void sql() throws Exception {
        int count = number("count", 300_000) / 64 * 64;
        fill(count, "a", 10);
        CountDownLatch all = new CountDownLatch(count / 2 - 64);
        AtomicLong first = new AtomicLong();
        DefaultMQPushConsumer consumer = consumer(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic(), MessageSelector.bySql("a BETWEEN 5 AND 9 AND TAGS = 'bench'"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            first.compareAndSet(0, System.nanoTime());
            for (int i = 0; i < messages.size(); i++) all.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        require(all, "sql");
        report((count / 2 - 64) / ((System.nanoTime() - first.get()) / 1e9), count);
    }

    /** Level 1, a second: how many a second get through, and how late they are. */
    private static void delay() throws Exception {
        int count = number("count", 60_000);
        CountDownLatch all = new CountDownLatch(count);
        DefaultMQPushConsumer consumer = consumer(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
        DefaultMQProducer producer = started(new DefaultMQProducer("bench_delays"));
        producer.send(message());
        consumer.subscribe(topic(), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                String due = message.getUserProperty("due");
                if (due == null) continue;
                record(Math.max(0, System.currentTimeMillis() - Long.parseLong(due)) * 1_000_000);
                all.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        TimeUnit.SECONDS.sleep(3);
        long start = System.nanoTime();
        sendAll(32, count, number -> {
            Message message = message();
            message.setDelayTimeLevel(1);
            message.putUserProperty("due", String.valueOf(System.currentTimeMillis() + 1000));
            producer.send(message);
        });
        require(all, "delay");
        report(count / ((System.nanoTime() - start) / 1e9 - 1), count);
    }

    /** Each message fails once and comes again after a second. */
    private static void retry() throws Exception {
        int count = number("count", 20_000) / 64 * 64;
        fill(count, "a", 10);
        CountDownLatch all = new CountDownLatch(count);
        AtomicLong first = new AtomicLong();
        DefaultMQPushConsumer consumer = consumer(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic(), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            first.compareAndSet(0, System.nanoTime());
            if (messages.get(0).getReconsumeTimes() == 0) {
                context.setDelayLevelWhenNextConsume(1);
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
            all.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        require(all, "retry");
        report(count / ((System.nanoTime() - first.get()) / 1e9 - 1), count);
    }

    /** From before the send to the listener, at a fixed rate. */
    private static void endToEnd() throws Exception {
        int rate = number("rate", 1000);
        int seconds = number("seconds", 8);
        AtomicLong measureFrom = new AtomicLong(Long.MAX_VALUE);
        DefaultMQProducer producer = started(new DefaultMQProducer("bench_e2e"));
        producer.send(message());
        DefaultMQPushConsumer consumer = consumer(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
        consumer.subscribe(topic(), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            long now = System.nanoTime();
            for (MessageExt message : messages) {
                String sent = message.getUserProperty("at");
                if (sent != null && Long.parseLong(sent) >= measureFrom.get()) record(now - Long.parseLong(sent));
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        TimeUnit.SECONDS.sleep(3);
        long start = System.nanoTime();
        long warm = (long) number("warmup", 5) * rate;
        for (long sent = 0; sent < warm + (long) seconds * rate; sent++) {
            long due = start + sent * 1_000_000_000L / rate;
            while (System.nanoTime() < due) TimeUnit.NANOSECONDS.sleep(Math.max(1, Math.min(200_000, due - System.nanoTime())));
            if (sent == warm) measureFrom.set(System.nanoTime());
            Message message = message();
            message.putUserProperty("at", String.valueOf(System.nanoTime()));
            producer.send(message, new org.apache.rocketmq.client.producer.SendCallback() {
                @Override
                public void onSuccess(org.apache.rocketmq.client.producer.SendResult result) {}

                @Override
                public void onException(Throwable error) {
                    failed.incrementAndGet();
                }
            });
        }
        TimeUnit.SECONDS.sleep(1);
        report(micros.size() / (double) seconds, warm + (long) seconds * rate);
    }
}
