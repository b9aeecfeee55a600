import com.alibaba.fastjson.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.*;
import org.apache.rocketmq.broker.filter.MessageEvaluationContext;
import org.apache.rocketmq.filter.expression.*;
import org.apache.rocketmq.filter.parser.SelectorParser;

/** What Apache's SQL92 filter makes of expressions and properties: RecordSql92 INPUT OUTPUT, with the jars of 4.7.1. */
public class RecordSql92 {
    public static void main(String[] args) throws Exception {
        JSONObject table = JSON.parseObject(new String(Files.readAllBytes(Paths.get(args[0])), StandardCharsets.UTF_8));
        JSONArray expressions = new JSONArray();
        for (Object expression : table.getJSONArray("expressions")) {
            JSONArray row = new JSONArray();
            row.add(expression);
            row.add(outcomes((String) expression, table.getJSONArray("properties")));
            expressions.add(row);
        }
        table.put("expressions", expressions);
        Files.write(Paths.get(args[1]), table.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** A letter for each set of properties: true, false, unknown, or ! for an exception; or the word refused. */
    static String outcomes(String expression, JSONArray sets) {
        BooleanExpression compiled;
        try {
            compiled = SelectorParser.parse(expression);
        } catch (MQFilterException refused) {
            return "refused";
        }
        StringBuilder letters = new StringBuilder();
        for (Object set : sets) {
            Map<String, String> properties = new HashMap<>();
            ((JSONObject) set).forEach((name, value) -> properties.put(name, (String) value));
            try {
                Object result = compiled.evaluate(new MessageEvaluationContext(properties));
                letters.append(result == null ? 'u' : result.equals(Boolean.TRUE) ? 't' : 'f');
            } catch (Exception e) {
                letters.append('!');
            }
        }
        return letters.toString();
    }
}
