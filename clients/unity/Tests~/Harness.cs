// Runs Twin's scripts without Unity. No part of the package.
//
//   bytes                what a scene publishes in its first frames: topic, tab, message
//   states FILE          for each state in the file: machine, status, colour, remaining life
//   live HOST PORT ID    a milling machine under overstrain against a real broker, until its colour is that of an alarm
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using MQTTnet;
using MQTTnet.Client;
using Twin.Unity;
using Twin.Unity.Samples;
using UnityEngine;

internal static class Harness
{
    private const float FrameSeconds = 0.25f;
    private const int PatienceSeconds = 60;

    private static DateTime now = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static int Main(string[] arguments)
    {
        switch (arguments.Length == 0 ? "" : arguments[0])
        {
            case "bytes":
                return Bytes();
            case "states":
                return States(arguments[1]);
            case "live":
                return Live(arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture), arguments[3]);
            default:
                Console.Error.WriteLine("bytes | states FILE | live HOST PORT ID");
                return 2;
        }
    }

    /// <summary>A broker that notes what it is sent.</summary>
    private sealed class NotingClient : IMqttClient
    {
        public static readonly List<string> Noted = new List<string>();

        public event Func<MqttApplicationMessageReceivedEventArgs, Task> ApplicationMessageReceivedAsync
        {
            add { }
            remove { }
        }

        public event Func<MqttClientDisconnectedEventArgs, Task> DisconnectedAsync
        {
            add { }
            remove { }
        }

        public bool IsConnected { get { return true; } }

        public Task<MqttClientConnectResult> ConnectAsync(MqttClientOptions options, CancellationToken end)
        {
            return Task.FromResult(new MqttClientConnectResult());
        }

        public Task<MqttClientPublishResult> PublishAsync(MqttApplicationMessage message, CancellationToken end)
        {
            ArraySegment<byte> payload = message.PayloadSegment;
            lock (Noted)
            {
                Noted.Add(
                    message.Topic + "\t" + Encoding.UTF8.GetString(payload.Array, payload.Offset, payload.Count));
            }
            return Task.FromResult(new MqttClientPublishResult());
        }

        public Task<MqttClientSubscribeResult> SubscribeAsync(MqttClientSubscribeOptions options, CancellationToken end)
        {
            return Task.FromResult(new MqttClientSubscribeResult());
        }

        public void Dispose()
        {
        }
    }

    private static int Bytes()
    {
        TwinMachine.Clock = () => now;
        TwinConnection.NewClient = () => new NotingClient();
        TwinSettings settings = ScriptableObject.CreateInstance<TwinSettings>();
        TwinConnection connection = Connection(settings);
        Machine(connection, "unity-press-1", "milling", "variant", "M", Press(42.8, 5));
        Machine(
            connection,
            "unity-oven-1",
            "",
            "note",
            "a \"quoted\" \\ \u00fc\tnote",
            new Dictionary<string, double>
            {
                { "zone_1_c", 181.5 },
                { "zone_2_c", double.NaN },
                { "draught_pa", -0.00012 },
                { "energy_j", 1.5e20 }
            });
        var line = new GameObject("line");
        line.SetActive(false);
        line.AddComponent<FactoryLine>().Settings = settings;
        line.SetActive(true);

        for (int frame = 0; frame < 10; frame++)
        {
            GameObject.Frame(FrameSeconds);
            now = now.AddSeconds(FrameSeconds);
        }
        // Two machines and the five of the line; readings at 0, 1 and 2 s.
        const int Expected = 7 * 3;
        DateTime patience = DateTime.UtcNow.AddSeconds(PatienceSeconds);
        int noted = 0;
        while (noted < Expected && DateTime.UtcNow < patience)
        {
            Thread.Sleep(10);
            lock (NotingClient.Noted)
            {
                noted = NotingClient.Noted.Count;
            }
        }
        lock (NotingClient.Noted)
        {
            // Two connections send side by side; each machine's order is that of its seq.
            NotingClient.Noted.Sort(string.CompareOrdinal);
            Print(string.Join("\n", NotingClient.Noted) + "\n");
        }
        return noted == Expected ? 0 : 1;
    }

    private static int States(string file)
    {
        TwinConnection.NewClient = () => new NotingClient();
        TwinConnection connection = Connection(ScriptableObject.CreateInstance<TwinSettings>());
        TwinMachine machine = Machine(connection, "any", "", null, null, new Dictionary<string, double>());
        foreach (string line in File.ReadAllLines(file))
        {
            TwinState state;
            if (TwinState.TryParse(new ArraySegment<byte>(Encoding.UTF8.GetBytes(line)), out state))
            {
                Print(Shown(machine, state));
            }
            else
            {
                Print("no state\n");
            }
        }
        return 0;
    }

    private static int Live(string host, int port, string machineId)
    {
        TwinSettings settings = ScriptableObject.CreateInstance<TwinSettings>();
        settings.Host = host;
        settings.Port = port;
        TwinConnection connection = Connection(settings);
        TwinMachine machine = Machine(connection, machineId, "milling", "variant", "L", Press(61, 215));
        machine.RateHz = 1f / FrameSeconds;
        DateTime patience = DateTime.UtcNow.AddSeconds(PatienceSeconds);
        while (DateTime.UtcNow < patience)
        {
            GameObject.Frame(FrameSeconds);
            Thread.Sleep(50);
            if (machine.State != null && machine.State.Status == TwinStatus.Alarm)
            {
                Print(Shown(machine, machine.State));
                connection.gameObject.SetActive(false);
                return 0;
            }
        }
        Console.Error.WriteLine(
            "no alarm; published " + connection.Published + ", last error: " + connection.LastError);
        return 1;
    }

    private static Dictionary<string, double> Press(double torqueNm, double toolWearMin)
    {
        return new Dictionary<string, double>
        {
            { "air_temp_k", 299.1 },
            { "process_temp_k", 309.5 },
            { "rpm", 1340 },
            { "torque_nm", torqueNm },
            { "tool_wear_min", toolWearMin }
        };
    }

    private static TwinConnection Connection(TwinSettings settings)
    {
        var hub = new GameObject("connection");
        hub.SetActive(false);
        TwinConnection connection = hub.AddComponent<TwinConnection>();
        connection.Settings = settings;
        hub.SetActive(true);
        return connection;
    }

    private static TwinMachine Machine(
        TwinConnection connection,
        string id,
        string type,
        string attribute,
        string value,
        Dictionary<string, double> channels)
    {
        GameObject box = GameObject.CreatePrimitive(PrimitiveType.Cube);
        box.SetActive(false);
        TwinMachine machine = box.AddComponent<TwinMachine>();
        machine.Connection = connection;
        machine.MachineId = id;
        machine.MachineType = type;
        if (attribute != null)
        {
            machine.Attributes.Add(new TwinMachine.Attribute { Name = attribute, Value = value });
        }
        foreach (KeyValuePair<string, double> channel in channels)
        {
            TwinSensor sensor = box.AddComponent<TwinSensor>();
            sensor.Channel = channel.Key;
            sensor.Value = channel.Value;
        }
        box.SetActive(true);
        return machine;
    }

    private static string Shown(TwinMachine machine, TwinState state)
    {
        Color colour = machine.ColourOf(state.Status);
        return string.Format(
            CultureInfo.InvariantCulture,
            "{0} {1} {2:0.00},{3:0.00},{4:0.00} {5}\n",
            state.MachineId,
            state.Status,
            colour.r,
            colour.g,
            colour.b,
            state.RemainingLife == null ? "-" : state.RemainingLife + " " + state.RemainingLifeUnit);
    }

    private static void Print(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        using (Stream to = Console.OpenStandardOutput())
        {
            to.Write(bytes, 0, bytes.Length);
        }
    }
}
