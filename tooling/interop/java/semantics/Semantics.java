import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/**
 * RocketMQ's semantics, each tried with Apache's own clients:
 * {@code Semantics NAMESRV BROKER GUARDED_NAMESRV GUARDED_BROKER ACCESS_KEY SECRET_KEY} prints a line for each, "case NAME ok" or
 * "case NAME failed REASON". The names are rows of docs/compatibility.md. The guarded cluster has access control and an
 * account of an administrator.
 */
public class Semantics extends Lab {
    public static void main(String[] args) throws Exception {
        new Semantics(args[0], args[1]).run(new AccessCase(args[2], args[3], args[4], args[5]));
        System.exit(0);
    }

    private Semantics(String namesrv, String broker) {
        super(namesrv, broker);
    }

    private void run(AccessCase access) throws Exception {
        admin.setNamesrvAddr(namesrv);
        admin.start();
        producer.setNamesrvAddr(namesrv);
        producer.setSendMsgTimeout(10_000);
        producer.start();
        Map<String, Callable<Void>> cases = new LinkedHashMap<>();
        cases.put("transactions", this::transactions);
        cases.put("retry and dead letters", this::retry);
        cases.put("ordered messages", this::order);
        cases.put("groups and offsets", this::groups);
        cases.put("send and consume", this::sendAndConsume);
        cases.put("batch", this::batch);
        cases.put("delay levels", this::delay);
        cases.put("tag filter", this::tags);
        cases.put("SQL92 filter", this::sql);
        cases.put("request and reply", this::requestReply);
        cases.put("message trace", this::trace);
        cases.put("namespaces", this::namespaces);
        cases.put("broadcasting", this::broadcasting);
        cases.put("pull consumer", this::pull);
        cases.put("message queries", this::queries);
        cases.put("topics, groups and settings", this::settings);
        cases.put("admin calls into clients", this::adminCalls);
        new FormCases(this).addTo(cases);
        new PositionCases(this).addTo(cases);
        new ConsumerCases(this).addTo(cases);
        cases.put("access control", access);
        ExecutorService pool = Executors.newFixedThreadPool(6);
        CountDownLatch done = new CountDownLatch(cases.size());
        cases.forEach((name, test) -> pool.submit(() -> {
            try {
                test.call();
                print("case", name, "ok");
            } catch (Throwable error) {
                print("case", name, "failed", String.valueOf(error).replaceAll("\\s+", " "));
            } finally {
                done.countDown();
            }
        }));
        done.await();
    }

    private Void sendAndConsume() throws Exception {
        String topic = newTopic(4);
        Set<String> sent = new TreeSet<>();
        Collected got = new Collected();
        consumer(topic, "*", got);
        for (int i = 0; i < 50; i++) sent.add(producer.send(message(topic, "sync" + i)).getMsgId());
        CountDownLatch answered = new CountDownLatch(50);
        for (int i = 0; i < 50; i++) {
            producer.send(message(topic, "async" + i), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    answered.countDown();
                }

                @Override
                public void onException(Throwable error) {
                    error.printStackTrace();
                }
            });
        }
        check(answered.await(TIMEOUT_SECONDS, TimeUnit.SECONDS), "not all asynchronous sends were answered");
        for (int i = 0; i < 20; i++) producer.sendOneway(message(topic, "oneway" + i));
        eventually(() -> got.messages.size() >= 120, "120 messages");
        TimeUnit.MILLISECONDS.sleep(300);
        check(got.messages.size() == 120, "messages came twice");
        Set<String> ids = new HashSet<>();
        for (MessageExt one : got.messages) ids.add(one.getMsgId());
        check(ids.containsAll(sent), "ids differ from those the sender was told");
        return null;
    }

    private Void batch() throws Exception {
        String topic = newTopic(1);
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 10; i++) messages.add(message(topic, String.valueOf(i)));
        producer.send(messages);
        List<String> got = new CopyOnWriteArrayList<>();
        List<Integer> sizes = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.setConsumeMessageBatchMaxSize(10);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (all, context) -> {
            sizes.add(all.size());
            for (MessageExt one : all) got.add(text(one) + " " + one.getReconsumeTimes());
            // All but the last are acknowledged.
            if (all.size() > 1) context.setAckIndex(all.size() - 2);
            context.setDelayLevelWhenNextConsume(1);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        eventually(() -> got.size() == 11, "10 messages, one of them again");
        check(Collections.max(sizes) > 1, "no batch was consumed");
        check(got.contains("9 1"), "the one not acknowledged did not come again: " + got);
        return null;
    }

    private Void delay() throws Exception {
        String topic = newTopic(1);
        AtomicReference<Long> cameMs = new AtomicReference<>();
        consumer(topic, "*", (all, context) -> {
            cameMs.set(System.currentTimeMillis());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        long sentMs = System.currentTimeMillis();
        Message later = message(topic, "later");
        later.setDelayTimeLevel(1);
        producer.send(later);
        eventually(() -> cameMs.get() != null, "the message");
        check(cameMs.get() - sentMs >= 900, "it came after " + (cameMs.get() - sentMs) + " ms");
        return null;
    }

    private Void tags() throws Exception {
        String topic = newTopic(2);
        Collected got = new Collected();
        consumer(topic, "A || C", got);
        for (String tag : new String[] {"A", "B", "C", "D"}) producer.send(new Message(topic, tag, bytes(tag)));
        eventually(() -> got.texts().size() >= 2, "the messages of two tags");
        TimeUnit.MILLISECONDS.sleep(300);
        check(got.texts().equals(List.of("A", "C")), "came: " + got.texts());
        return null;
    }

    private Void sql() throws Exception {
        String topic = newTopic(2);
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.subscribe(topic, MessageSelector.bySql("n BETWEEN 1 AND 3 AND colour IS NOT NULL AND NOT (colour = 'red')"));
        consumer.registerMessageListener(got);
        consumer.start();
        String[] colours = {"blue", "red", "blue", null, "green"};
        for (int n = 0; n < colours.length; n++) {
            Message message = message(topic, String.valueOf(n));
            message.putUserProperty("n", String.valueOf(n));
            if (colours[n] != null) message.putUserProperty("colour", colours[n]);
            producer.send(message);
        }
        eventually(() -> got.texts().size() >= 1, "the message");
        TimeUnit.MILLISECONDS.sleep(500);
        check(got.texts().equals(List.of("2")), "came: " + got.texts());
        DefaultMQPushConsumer wrong = newConsumer(newGroup());
        wrong.subscribe(topic, MessageSelector.bySql("n > "));
        wrong.registerMessageListener(new Collected());
        refused(wrong::start, "an expression that is none");
        wrong.shutdown();
        return null;
    }

    private Void order() throws Exception {
        String topic = newTopic(4);
        String group = newGroup();
        Map<Integer, List<Integer>> byQueue = new ConcurrentHashMap<>();
        AtomicInteger suspended = new AtomicInteger();
        MessageListenerOrderly listener = (all, context) -> {
            MessageExt one = all.get(0);
            int number = Integer.parseInt(text(one));
            if (number == 6 && suspended.getAndIncrement() < 2) {
                context.setSuspendCurrentQueueTimeMillis(100);
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            byQueue.computeIfAbsent(one.getQueueId(), id -> new CopyOnWriteArrayList<>()).add(number);
            return ConsumeOrderlyStatus.SUCCESS;
        };
        for (int i = 0; i < 2; i++) {
            DefaultMQPushConsumer consumer = newConsumer(group);
            consumer.subscribe(topic, "*");
            consumer.registerMessageListener(listener);
            consumer.start();
        }
        for (int i = 0; i < 200; i++) {
            producer.send(message(topic, String.valueOf(i)), (queues, message, number) -> queues.get((Integer) number % queues.size()), i);
        }
        eventually(() -> byQueue.values().stream().mapToInt(List::size).sum() >= 200, "200 messages");
        for (List<Integer> queue : byQueue.values()) {
            List<Integer> sorted = new ArrayList<>(new TreeSet<>(queue));
            check(queue.equals(sorted), "a queue came in this order: " + queue);
        }
        check(suspended.get() == 3, "the message suspended came " + suspended.get() + " times");
        return null;
    }

    private Void retry() throws Exception {
        String topic = newTopic(1);
        String group = newGroup();
        List<String> tries = new CopyOnWriteArrayList<>();
        DefaultMQPushConsumer consumer = newConsumer(group);
        consumer.setMaxReconsumeTimes(2);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (all, context) -> {
            for (MessageExt one : all) tries.add(text(one) + " " + one.getReconsumeTimes() + " " + one.getTopic());
            context.setDelayLevelWhenNextConsume(1);
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        consumer.start();
        producer.send(message(topic, "never"));
        eventually(() -> tries.size() == 3, "three tries");
        check(tries.equals(List.of("never 0 " + topic, "never 1 " + topic, "never 2 " + topic)), "tries: " + tries);
        eventually(() -> messagesIn("%DLQ%" + group) == 1, "the dead letter");
        return null;
    }

    private Void transactions() throws Exception {
        String topic = newTopic(1);
        Collected got = new Collected();
        consumer(topic, "*", got);
        AtomicInteger asked = new AtomicInteger();
        TransactionMQProducer transactions = new TransactionMQProducer(newGroup());
        transactions.setNamesrvAddr(namesrv);
        transactions.setInstanceName("transactions");
        transactions.setTransactionListener(new TransactionListener() {
            @Override
            public LocalTransactionState executeLocalTransaction(Message message, Object state) {
                return (LocalTransactionState) state;
            }

            @Override
            public LocalTransactionState checkLocalTransaction(MessageExt message) {
                asked.incrementAndGet();
                return text(message).equals("checked") ? LocalTransactionState.COMMIT_MESSAGE : LocalTransactionState.ROLLBACK_MESSAGE;
            }
        });
        transactions.start();
        transactions.sendMessageInTransaction(message(topic, "committed"), LocalTransactionState.COMMIT_MESSAGE);
        transactions.sendMessageInTransaction(message(topic, "rolled back"), LocalTransactionState.ROLLBACK_MESSAGE);
        transactions.sendMessageInTransaction(message(topic, "checked"), LocalTransactionState.UNKNOW);
        transactions.sendMessageInTransaction(message(topic, "given up"), LocalTransactionState.UNKNOW);
        eventually(() -> got.texts().size() >= 2 && asked.get() >= 2, "the messages committed, and two checks");
        TimeUnit.MILLISECONDS.sleep(500);
        check(got.texts().equals(List.of("checked", "committed")), "came: " + got.texts());
        return null;
    }

    private Void requestReply() throws Exception {
        String topic = newTopic(2);
        consumer(topic, "*", (all, context) -> {
            for (MessageExt one : all) {
                try {
                    producer.send(MessageUtil.createReplyMessage(one, bytes(text(one).toUpperCase())));
                } catch (Exception error) {
                    error.printStackTrace();
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        AtomicReference<String> reply = new AtomicReference<>();
        producer.request(message(topic, "question"), new RequestCallback() {
            @Override
            public void onSuccess(Message message) {
                reply.set(new String(message.getBody(), StandardCharsets.UTF_8));
            }

            @Override
            public void onException(Throwable error) {
                reply.set(error.toString());
            }
        }, TIMEOUT_SECONDS * 1000);
        eventually(() -> reply.get() != null, "the reply");
        check(reply.get().equals("QUESTION"), "the reply is " + reply.get());
        return null;
    }

    private Void trace() throws Exception {
        String topic = newTopic(1);
        String traceTopic = newTopic(1);
        DefaultMQProducer traced = new DefaultMQProducer(newGroup(), true, traceTopic);
        traced.setNamesrvAddr(namesrv);
        traced.setInstanceName("traced");
        traced.start();
        String id = traced.send(message(topic, "x")).getMsgId();
        Collected got = new Collected();
        consumer(traceTopic, "*", got);
        eventually(() -> got.texts().stream().anyMatch(text -> text.startsWith("Pub") && text.contains(id)), "the trace record");
        return null;
    }

    private Void namespaces() throws Exception {
        String topic = "namespaced_" + names.incrementAndGet();
        admin.createAndUpdateTopicConfig(broker, new TopicConfig("space%" + topic, 1, 1, 6));
        admin.createAndUpdateTopicConfig(broker, new TopicConfig(topic, 1, 1, 6));
        DefaultMQProducer inside = new DefaultMQProducer(newGroup());
        inside.setNamesrvAddr(namesrv);
        inside.setNamespace("space");
        inside.setInstanceName("inside");
        inside.start();
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(newGroup());
        consumer.setNamespace("space");
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        producer.send(message(topic, "outside"));
        inside.send(message(topic, "inside"));
        eventually(() -> got.texts().size() >= 1, "the message");
        TimeUnit.MILLISECONDS.sleep(300);
        check(got.texts().equals(List.of("inside")), "came: " + got.texts());
        check(got.messages.get(0).getTopic().equals(topic), "its topic is " + got.messages.get(0).getTopic());
        return null;
    }

    private Void broadcasting() throws Exception {
        String topic = newTopic(2);
        String group = newGroup();
        List<Collected> members = List.of(new Collected(), new Collected());
        for (Collected one : members) {
            DefaultMQPushConsumer consumer = newConsumer(group);
            consumer.setMessageModel(Enum.valueOf(consumer.getMessageModel().getDeclaringClass(), "BROADCASTING"));
            consumer.subscribe(topic, "*");
            consumer.registerMessageListener(one);
            consumer.start();
        }
        for (int i = 0; i < 20; i++) producer.send(message(topic, String.valueOf(i)));
        eventually(() -> members.stream().allMatch(one -> one.messages.size() >= 20), "20 messages for each member");
        check(members.get(0).texts().equals(members.get(1).texts()), "the members got different messages");
        return null;
    }

    private Void groups() throws Exception {
        String topic = newTopic(4);
        String group = newGroup();
        Collected first = new Collected();
        Collected second = new Collected();
        DefaultMQPushConsumer one = newConsumer(group);
        one.subscribe(topic, "*");
        one.registerMessageListener(first);
        one.start();
        DefaultMQPushConsumer other = newConsumer(group);
        other.subscribe(topic, "*");
        other.registerMessageListener(second);
        other.start();
        for (int i = 0; i < 100; i++) producer.send(message(topic, "a" + i));
        Callable<Integer> distinct = () -> {
            Set<String> texts = new HashSet<>(first.texts());
            texts.addAll(second.texts());
            return texts.size();
        };
        eventually(() -> distinct.call() == 100, "100 messages among two members");
        one.shutdown();
        other.shutdown();
        for (int i = 0; i < 20; i++) producer.send(message(topic, "b" + i));
        Collected third = new Collected();
        DefaultMQPushConsumer next = newConsumer(group);
        next.subscribe(topic, "*");
        next.registerMessageListener(third);
        next.start();
        eventually(() -> third.messages.size() >= 20, "20 more messages");
        check(third.texts().stream().allMatch(text -> text.startsWith("b")), "messages consumed before came again");
        return null;
    }

    private Void pull() throws Exception {
        String topic = newTopic(1);
        for (int i = 0; i < 5; i++) producer.send(message(topic, String.valueOf(i)));
        DefaultMQPullConsumer consumer = new DefaultMQPullConsumer(newGroup());
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName("pull");
        consumer.start();
        MessageQueue queue = consumer.fetchSubscribeMessageQueues(topic).iterator().next();
        var result = consumer.pull(queue, "*", 2, 32);
        check(result.getMsgFoundList().size() == 3, "pulled " + result);
        check(result.getNextBeginOffset() == 5 && consumer.maxOffset(queue) == 5, "offsets: " + result);
        consumer.updateConsumeOffset(queue, 5);
        consumer.getDefaultMQPullConsumerImpl().getOffsetStore().persist(queue);
        eventually(() -> consumer.fetchConsumeOffset(queue, true) == 5, "the offset committed");
        return null;
    }

    private Void queries() throws Exception {
        String topic = newTopic(1);
        String key = "key" + names.incrementAndGet();
        long before = System.currentTimeMillis() - 1000;
        SendResult sent = producer.send(new Message(topic, "T", key, bytes("found")));
        check(text(admin.viewMessage(topic, sent.getOffsetMsgId())).equals("found"), "not found by its offset id");
        eventually(() -> admin.queryMessage(topic, key, 10, before, System.currentTimeMillis() + 1000).getMessageList().size() == 1,
            "the message by its key");
        eventually(() -> text(admin.viewMessage(topic, sent.getMsgId())).equals("found"), "the message by its unique id");
        check(admin.searchOffset(sent.getMessageQueue(), before) == 0, "the offset by time");
        return null;
    }

    private Void settings() throws Exception {
        String topic = newTopic(3);
        eventually(() -> admin.examineTopicRouteInfo(topic).getQueueDatas().get(0).getReadQueueNums() == 3, "the route");
        producer.send(message(topic, "x"));
        check(messagesIn(topic) == 1, "offsets");
        check(!admin.examineBrokerClusterInfo().getBrokerAddrTable().isEmpty(), "cluster info");
        check(admin.fetchBrokerRuntimeStats(broker).getTable().containsKey("brokerVersionDesc"), "runtime stats");
        check(admin.getBrokerConfig(broker).containsKey("brokerName"), "broker config");
        admin.createAndUpdateKvConfig("space" + topic, "key", "value");
        check("value".equals(admin.getKVConfig("space" + topic, "key")), "key-value settings");
        return null;
    }

    private Void adminCalls() throws Exception {
        String topic = newTopic(1);
        String group = newGroup();
        Collected got = new Collected();
        DefaultMQPushConsumer consumer = newConsumer(group);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener(got);
        consumer.start();
        SendResult sent = producer.send(message(topic, "x"));
        eventually(() -> got.messages.size() == 1, "the message");
        String clientId = admin.examineConsumerConnectionInfo(group).getConnectionSet().iterator().next().getClientId();
        var info = admin.getConsumerRunningInfo(group, clientId, true);
        check(info.getMqTable().keySet().stream().anyMatch(queue -> queue.getTopic().equals(topic)), "running info has no queue");
        check(info.getJstack() != null && info.getJstack().contains("java."), "running info has no stacks");
        var direct = admin.consumeMessageDirectly(group, clientId, topic, sent.getOffsetMsgId());
        check(direct.getConsumeResult().name().equals("CR_SUCCESS"), "direct consumption: " + direct);
        var status = admin.getConsumeStatus(topic, group, clientId);
        check(status.containsKey(clientId), "consumer status has no client");
        return null;
    }
}
