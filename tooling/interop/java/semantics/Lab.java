import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What the cases are made of: a cluster with an admin client and a producer, and ways to wait and to check. */
abstract class Lab {
    static final int TIMEOUT_SECONDS = 90;
    static final AtomicInteger names = new AtomicInteger();
    final String namesrv;
    final String broker;
    final DefaultMQAdminExt admin;
    final DefaultMQProducer producer;

    Lab(String namesrv, String broker) {
        this.namesrv = namesrv;
        this.broker = broker;
        admin = new DefaultMQAdminExt(60_000);
        producer = new DefaultMQProducer("semantics_producer");
    }

    /** The same clients. */
    Lab(Lab other) {
        namesrv = other.namesrv;
        broker = other.broker;
        admin = other.admin;
        producer = other.producer;
    }

    String newTopic(int queues) throws Exception {
        String topic = "semantics_" + System.currentTimeMillis() + "_" + names.incrementAndGet();
        admin.createAndUpdateTopicConfig(broker, new TopicConfig(topic, queues, queues, 6));
        eventually(() -> !admin.examineTopicRouteInfo(topic).getQueueDatas().isEmpty(), "the route of a new topic");
        return topic;
    }

    /** Of a client of its own, not started. */
    DefaultMQProducer newProducer(String name) {
        DefaultMQProducer one = new DefaultMQProducer(newGroup());
        one.setNamesrvAddr(namesrv);
        one.setInstanceName(name + names.incrementAndGet());
        one.setSendMsgTimeout(10_000);
        return one;
    }

    static String newGroup() {
        return "semantics_group_" + System.currentTimeMillis() + "_" + names.incrementAndGet();
    }

    DefaultMQPushConsumer newConsumer(String group) {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName("consumer" + names.incrementAndGet());
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        return consumer;
    }

    void consumer(String topic, String tags, MessageListenerConcurrently listener) throws Exception {
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.subscribe(topic, tags);
        consumer.registerMessageListener(listener);
        consumer.start();
    }

    /** By offsets: the topic's statistics are asked for by a request that 4.x brokers do not know, from 5.3.3 on. */
    long messagesIn(String topic) throws Exception {
        long count = 0;
        for (var data : admin.examineTopicRouteInfo(topic).getQueueDatas()) {
            for (int id = 0; id < data.getWriteQueueNums(); id++) {
                MessageQueue queue = new MessageQueue(topic, data.getBrokerName(), id);
                count += admin.maxOffset(queue) - admin.minOffset(queue);
            }
        }
        return count;
    }

    static class Collected implements MessageListenerConcurrently {
        final List<MessageExt> messages = new CopyOnWriteArrayList<>();

        @Override
        public ConsumeConcurrentlyStatus consumeMessage(
                List<MessageExt> all, org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyContext context) {
            messages.addAll(all);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        }

        List<String> texts() {
            List<String> texts = new ArrayList<>();
            for (MessageExt one : messages) texts.add(text(one));
            Collections.sort(texts);
            return texts;
        }
    }

    static Message message(String topic, String text) {
        return new Message(topic, bytes(text));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Message message) {
        return new String(message.getBody(), StandardCharsets.UTF_8);
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) throw new IllegalStateException(otherwise);
    }

    interface Attempt {
        void run() throws Exception;
    }

    static void refused(Attempt attempt, String what) {
        try {
            attempt.run();
        } catch (Exception refusal) {
            return;
        }
        throw new IllegalStateException(what + " was not refused");
    }

    /** Waits until it is so; what it throws meanwhile counts as not yet. */
    static void eventually(Callable<Boolean> isSo, String what) throws Exception {
        long end = System.currentTimeMillis() + TIMEOUT_SECONDS * 1000L;
        Exception last = null;
        while (System.currentTimeMillis() < end) {
            try {
                if (isSo.call()) return;
            } catch (Exception error) {
                last = error;
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
        throw new IllegalStateException("did not come within " + TIMEOUT_SECONDS + " s: " + what, last);
    }

    static synchronized void print(Object... words) {
        StringBuilder line = new StringBuilder();
        for (Object word : words) line.append(line.length() == 0 ? "" : "\t").append(word);
        System.out.println(line);
        System.out.flush();
    }
}
