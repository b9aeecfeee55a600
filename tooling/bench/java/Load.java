import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;

/**
 * The load both servers are put under, from Apache's own client. Prints one JSON line.
 *
 * <pre>Load MODE name=value...    MODE: send | async | batch | consume
 * namesrv, topic, size (body bytes), warmup and seconds (measured after the warm-up),
 * threads (send, batch), inflight (async), batch (messages of a batch), count (consume)</pre>
 */
public class Load {
    /** Latencies in microseconds, in buckets each two percent wider than the one before. */
    static final class Latencies {
        private static final double STEP = Math.log(1.02);
        private final AtomicLongArray buckets = new AtomicLongArray(1200);

        void record(long nanos) {
            double micros = Math.max(1.0, nanos / 1000.0);
            buckets.incrementAndGet((int) Math.min(1199, Math.log(micros) / STEP));
        }

        long quantile(double share) {
            long total = 0;
            for (int i = 0; i < 1200; i++) total += buckets.get(i);
            long left = (long) Math.ceil(total * share);
            for (int i = 0; i < 1200 && total > 0; i++) {
                left -= buckets.get(i);
                if (left <= 0) return Math.round(Math.exp((i + 1) * STEP));
            }
            return 0;
        }
    }

    private static final Map<String, String> settings = new HashMap<>();
    private static volatile Latencies latencies = new Latencies();
    private static final AtomicLong done = new AtomicLong();
    private static final AtomicLong failed = new AtomicLong();
    private static final AtomicBoolean stop = new AtomicBoolean();

    public static void main(String[] args) throws Exception {
        for (int i = 1; i < args.length; i++) {
            int at = args[i].indexOf('=');
            settings.put(args[i].substring(0, at), args[i].substring(at + 1));
        }
        String mode = args[0];
        if (mode.equals("consume")) consume();
        else produce(mode);
        System.exit(0);
    }

    private static String setting(String name, String fallback) {
        return settings.getOrDefault(name, fallback);
    }

    private static int number(String name, int fallback) {
        return Integer.parseInt(setting(name, String.valueOf(fallback)));
    }

    private static Message message() {
        byte[] body = new byte[number("size", 128)];
        java.util.Arrays.fill(body, (byte) 'm');
        return new Message(setting("topic", "Bench"), "bench", body);
    }

    private static void produce(String mode) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("bench_producer_" + System.nanoTime());
        producer.setNamesrvAddr(setting("namesrv", "127.0.0.1:9876"));
        producer.setSendMsgTimeout(10_000);
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        int threads = mode.equals("async") ? 1 : number("threads", mode.equals("batch") ? 4 : 64);
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            Thread sender = new Thread(() -> {
                if (mode.equals("async")) sendAsync(producer);
                else sendInTurn(producer, mode.equals("batch") ? number("batch", 64) : 1);
            });
            sender.start();
            senders.add(sender);
        }
        TimeUnit.SECONDS.sleep(number("warmup", 5));
        latencies = new Latencies();
        long doneBefore = done.get();
        long failedBefore = failed.get();
        long start = System.nanoTime();
        TimeUnit.SECONDS.sleep(number("seconds", 10));
        double seconds = (System.nanoTime() - start) / 1e9;
        report(mode, (done.get() - doneBefore) / seconds, failed.get() - failedBefore);
        stop.set(true);
        for (Thread sender : senders) sender.join(12_000);
    }

    private static void sendInTurn(DefaultMQProducer producer, int batch) {
        while (!stop.get()) {
            long start = System.nanoTime();
            try {
                SendResult result;
                if (batch == 1) {
                    result = producer.send(message());
                } else {
                    List<Message> messages = new ArrayList<>(batch);
                    for (int i = 0; i < batch; i++) messages.add(message());
                    result = producer.send(messages);
                }
                count(result, batch, start);
            } catch (Exception error) {
                fail(error, batch);
            }
        }
    }

    private static void sendAsync(DefaultMQProducer producer) {
        Semaphore room = new Semaphore(number("inflight", 512));
        while (!stop.get()) {
            room.acquireUninterruptibly();
            long start = System.nanoTime();
            try {
                producer.send(message(), new SendCallback() {
                    @Override
                    public void onSuccess(SendResult result) {
                        room.release();
                        count(result, 1, start);
                    }

                    @Override
                    public void onException(Throwable error) {
                        room.release();
                        fail(error, 1);
                    }
                });
            } catch (Exception error) {
                room.release();
                fail(error, 1);
            }
        }
    }

    private static void count(SendResult result, int messages, long start) {
        if (result.getSendStatus() != SendStatus.SEND_OK) {
            failed.addAndGet(messages);
            return;
        }
        done.addAndGet(messages);
        latencies.record(System.nanoTime() - start);
    }

    private static void fail(Throwable error, int messages) {
        if (failed.getAndAdd(messages) == 0) System.err.println("first failure: " + error);
    }

    private static void consume() throws Exception {
        long wanted = number("count", 500_000);
        AtomicLong firstAt = new AtomicLong();
        CountDownLatch all = new CountDownLatch(1);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("bench_consumer_" + System.nanoTime());
        consumer.setNamesrvAddr(setting("namesrv", "127.0.0.1:9876"));
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(setting("topic", "Bench"), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            firstAt.compareAndSet(0, System.nanoTime());
            if (done.addAndGet(messages.size()) >= wanted) all.countDown();
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        boolean complete = all.await(number("timeout", 120), TimeUnit.SECONDS);
        double seconds = (System.nanoTime() - firstAt.get()) / 1e9;
        report("consume", done.get() / seconds, complete ? 0 : wanted - done.get());
    }

    private static void report(String mode, double perSecond, long failures) {
        System.out.printf(
            "{\"mode\":\"%s\",\"perSecond\":%.0f,\"failed\":%d,\"p50\":%d,\"p99\":%d,\"total\":%d}%n",
            mode, perSecond, failures, latencies.quantile(0.5), latencies.quantile(0.99), done.get());
    }
}
