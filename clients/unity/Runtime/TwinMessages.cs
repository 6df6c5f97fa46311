using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Twin.Unity
{
    /// <summary>
    /// Topics and messages of Twin's contract, to the byte. It needs nothing of Unity, and what it writes is compared
    /// with the files in <c>Tests~/golden</c>.
    /// </summary>
    public static class TwinMessages
    {
        private const string Machines = "twin/v1/machines/";

        /// <summary>The topic that a machine publishes its readings to.</summary>
        public static string ReadingsTopic(string machineId)
        {
            return Machines + machineId + "/readings";
        }

        /// <summary>The topic that Twin publishes a machine's state to, retained.</summary>
        public static string StateTopic(string machineId)
        {
            return Machines + machineId + "/state";
        }

        /// <summary>
        /// Whether Twin takes this as a machine's id: letters, digits, dots, hyphens and underscores, at most 64, the first
        /// a letter or a digit.
        /// </summary>
        public static bool IsMachineId(string machineId)
        {
            if (string.IsNullOrEmpty(machineId) || machineId.Length > 64 || !IsLetterOrDigit(machineId[0]))
            {
                return false;
            }
            foreach (char c in machineId)
            {
                if (!IsLetterOrDigit(c) && c != '.' && c != '_' && c != '-')
                {
                    return false;
                }
            }
            return true;
        }

        private static bool IsLetterOrDigit(char c)
        {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        }

        /// <summary>A reading as UTF-8 JSON.</summary>
        /// <param name="machineId">The machine that took it.</param>
        /// <param name="machineType">Its type; null or empty where Twin shall find it out.</param>
        /// <param name="utc">When it was taken.</param>
        /// <param name="seq">A number that grows with every reading of the machine.</param>
        /// <param name="attributes">Strings that go with it, such as the variant of the product.</param>
        /// <param name="channels">The sensors. What is no number (NaN, infinite) is left out.</param>
        public static byte[] Reading(
            string machineId,
            string machineType,
            DateTime utc,
            long seq,
            IEnumerable<KeyValuePair<string, string>> attributes,
            IEnumerable<KeyValuePair<string, double>> channels)
        {
            var json = new StringBuilder(256);
            json.Append('{');
            Member(json, "machine_id");
            Text(json, machineId);
            if (!string.IsNullOrEmpty(machineType))
            {
                Member(json, "machine_type");
                Text(json, machineType);
            }
            Member(json, "timestamp");
            Text(json, utc.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            Member(json, "seq");
            json.Append(seq.ToString(CultureInfo.InvariantCulture));
            foreach (KeyValuePair<string, string> attribute in attributes)
            {
                Member(json, attribute.Key);
                Text(json, attribute.Value);
            }
            foreach (KeyValuePair<string, double> channel in channels)
            {
                if (!double.IsNaN(channel.Value) && !double.IsInfinity(channel.Value))
                {
                    Member(json, channel.Key);
                    json.Append(channel.Value.ToString("R", CultureInfo.InvariantCulture));
                }
            }
            json.Append('}');
            return Encoding.UTF8.GetBytes(json.ToString());
        }

        private static void Member(StringBuilder json, string name)
        {
            if (json.Length > 1)
            {
                json.Append(',');
            }
            Text(json, name);
            json.Append(':');
        }

        private static void Text(StringBuilder json, string text)
        {
            json.Append('"');
            foreach (char c in text)
            {
                if (c == '"' || c == '\\')
                {
                    json.Append('\\').Append(c);
                }
                else if (c < ' ')
                {
                    json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                }
                else
                {
                    json.Append(c);
                }
            }
            json.Append('"');
        }
    }
}
