import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Apache's own clients, driven from outside: one mode a run, one line of text a message on standard output.
 *
 * <pre>
 * produce NAMESRV TOPIC COUNT    half with send, a quarter asynchronous, the rest in one batch; prints "sent BODY MSGID QUEUE OFFSET"
 * consume NAMESRV TOPIC COUNT GROUP TAGS    push consumer from the first offset; prints "got BODY MSGID QUEUE OFFSET TAGS KEYS"
 * retry   NAMESRV TOPIC GROUP    refuses the first delivery of one message; prints "again TIMES" when it is back
 * </pre>
 */
public class Clients {
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "produce": produce(args[1], args[2], Integer.parseInt(args[3])); break;
            case "consume": consume(args[1], args[2], Integer.parseInt(args[3]), args[4], args[5]); break;
            case "retry": retry(args[1], args[2], args[3]); break;
            default: throw new IllegalArgumentException("unknown mode " + args[0]);
        }
        System.exit(0);
    }

    private static void produce(String namesrv, String topic, int count) throws Exception {
        DefaultMQProducer producer = startProducer(namesrv);
        int alone = count / 2;
        int asynchronous = count / 4;
        for (int i = 0; i < alone; i++) sent(i, producer.send(message(topic, i)));
        CountDownLatch answered = new CountDownLatch(asynchronous);
        AtomicInteger failures = new AtomicInteger();
        for (int i = alone; i < alone + asynchronous; i++) {
            int number = i;
            producer.send(message(topic, i), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    sent(number, result);
                    answered.countDown();
                }

                @Override
                public void onException(Throwable error) {
                    error.printStackTrace();
                    failures.incrementAndGet();
                    answered.countDown();
                }
            });
        }
        if (!answered.await(30, TimeUnit.SECONDS) || failures.get() > 0) System.exit(3);
        List<Message> batch = new ArrayList<>();
        for (int i = alone + asynchronous; i < count; i++) batch.add(message(topic, i));
        SendResult result = producer.send(batch);
        String[] ids = result.getMsgId().split(",");
        for (int i = 0; i < batch.size(); i++) {
            print("sent", body(alone + asynchronous + i), ids.length == batch.size() ? ids[i] : "-",
                result.getMessageQueue().getQueueId(), result.getQueueOffset() + i);
        }
    }

    private static void sent(int number, SendResult result) {
        if (result.getSendStatus() != SendStatus.SEND_OK) throw new IllegalStateException(result.toString());
        print("sent", body(number), result.getMsgId(), result.getMessageQueue().getQueueId(), result.getQueueOffset());
    }

    private static void consume(String namesrv, String topic, int count, String group, String tags) throws Exception {
        CountDownLatch all = new CountDownLatch(count);
        DefaultMQPushConsumer consumer = startConsumer(namesrv, topic, group, tags, (messages, context) -> {
            for (MessageExt one : messages) {
                print("got", text(one), one.getMsgId(), one.getQueueId(), one.getQueueOffset(), one.getTags(), one.getKeys());
                all.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        boolean complete = all.await(60, TimeUnit.SECONDS);
        // A moment more, so that a message delivered twice is seen.
        if (complete) TimeUnit.SECONDS.sleep(1);
        consumer.shutdown();
        if (!complete) {
            System.err.println(all.getCount() + " of " + count + " messages did not come");
            System.exit(3);
        }
    }

    private static void retry(String namesrv, String topic, String group) throws Exception {
        CountDownLatch back = new CountDownLatch(1);
        Map<String, Integer> seen = new ConcurrentHashMap<>(new TreeMap<>());
        startConsumer(namesrv, topic, group, "*", (messages, context) -> {
            for (MessageExt one : messages) {
                if (seen.merge(text(one), 1, Integer::sum) == 1) {
                    context.setDelayLevelWhenNextConsume(1);
                    return ConsumeConcurrentlyStatus.RECONSUME_LATER;
                }
                print("again", one.getReconsumeTimes(), one.getTopic());
                back.countDown();
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        startProducer(namesrv).send(new Message(topic, "once more".getBytes(StandardCharsets.UTF_8)));
        if (!back.await(60, TimeUnit.SECONDS)) System.exit(3);
    }

    private static DefaultMQProducer startProducer(String namesrv) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("interop_producer");
        producer.setNamesrvAddr(namesrv);
        producer.start();
        return producer;
    }

    private static DefaultMQPushConsumer startConsumer(
            String namesrv, String topic, String group, String tags, MessageListenerConcurrently listener) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(namesrv);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, tags);
        consumer.registerMessageListener(listener);
        consumer.start();
        return consumer;
    }

    private static Message message(String topic, int number) {
        Message message = new Message(topic, number % 2 == 0 ? "even" : "odd", "key" + number, body(number).getBytes(StandardCharsets.UTF_8));
        message.putUserProperty("number", String.valueOf(number));
        return message;
    }

    private static String body(int number) {
        return "message-" + number + "-é中";
    }

    private static String text(MessageExt message) {
        return new String(message.getBody(), StandardCharsets.UTF_8);
    }

    private static synchronized void print(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) line.append(line.length() == 0 ? "" : "\t").append(word);
        byte[] bytes = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
    }
}
